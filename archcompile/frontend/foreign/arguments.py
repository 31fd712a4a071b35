"""Other frameworks' words for arguments: what each is called here, or why it is left out.

From Keras and TensorFlow, Caffe, ONNX, MXNet, Darknet and Flax; compared without letter case and
underscores.
"""

from __future__ import annotations

from functools import lru_cache

_SAME = {
    "out_channels": "filters numfilters nfilters numfilter nboffilters numoutput features outplanes"
    " outputchannels outchannel cout c2 channels width numoutputs units planes outch nout ofm"
    " outputdepth depth outputdim filterscount nfilter outdim oc",
    "out_features": "units numhidden numoutput features numoutputs hiddensize size output outputs"
    " outputdim outdim neurons numclasses classes nout numunits outputsize hidden width nunits"
    " outunits outputfeatures nclasses dim filters outchannels",
    "kernel_size": "kernel kernelshape ksize filtersize filtershape k poolsize windowshape window"
    " windowsize size filter kernels kernelsizes kernelsiz kersize fsize receptivefield poolshape",
    "stride": "strides step steps subsample s poolstride subsampling windowstrides poolstrides",
    "padding": "pads pad paddings padsize paddingsize p autopad bordermode padmode padwidth"
    " symmetricpadding zeropadding padtype",
    "dilation": "dilationrate dilations dilate rate rhsdilation atrousrate kerneldilation holes"
    " kernelspacing d dilationsize atrous",
    "groups": "group numgroup ngroups featuregroupcount cardinality numgroups g ngroup"
    " featuregroups groupcount",
    "num_groups": "groups group numgroup ngroups g",
    "bias": "usebias biasterm withbias hasbias addbias b biases enablebias fitbias nobias biasattr",
    "eps": "epsilon varianceepsilon varepsilon epsilonvalue",
    "dim": "axis axes dims concatdim concataxis dimension slicedim channelaxis",
    "p": "rate dropoutratio ratio prob probability droprate dropoutrate dropprob dropoutprob"
    " dropout keepprob keep dropoutp",
    "negative_slope": "alpha slope leakiness leak negativeslope leakyslope a gamma leakrate",
    "alpha": "a",
    "size": "localsize n nsize depthradius window neighbourhood neighborhood",
    "k": "bias knorm",
    "beta": "b",
    "momentum": "decay movingaveragefraction bnmomentum",
    "output_size": "size outputshape outsize targetsize pooledsize outsize",
    "scale_factor": "size scale factor scales upscalefactor stride upscale ratio scalefactors",
    "mode": "interpolation method resample interp interpolationmode samplemode coordinatemode",
    "chunks": "numorsizesplits numoutputs n sections numsplits splits numsplit",
    "upscale_factor": "blocksize scale factor r block upscale scalefactor",
    "count_include_pad": "includepad countincludepadding padinclude",
    "ceil_mode": "ceil roundmode ceiling useceil ceilmodel",
    "dims": "perm order axes permutation axis dim",
    "padding_mode": "padmode paddingtype mode",
    "affine": "elementwiseaffine learnable scale center useaffine",
    "elementwise_affine": "affine scale usescale learnable",
    "track_running_stats": "runningstats userunningstats trackrunning",
    "inplace": "inplacemode",
    "keepdim": "keepdims",
    "start": "begin starts begins",
    "stop": "end ends size",
    "step": "strides stride steps",
    "shape": "size dims sizes",
    "init": "value initializer initialvalue fill",
    "values": "value data tensor array",
    "start_dim": "axis start startaxis",
    "end_dim": "endaxis end",
    "unflattened_size": "shape sizes size targetshape",
    "num_parameters": "numparams shared channels",
    "min_val": "min minvalue low lower",
    "max_val": "max maxvalue high upper",
    "normalized_shape": "shape axis size dim",
    "value": "constantvalue fill padvalue",
    "output_padding": "outputpad adj outpadding",
}


def _by_word() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for ours, theirs in _SAME.items():
        for word in theirs.split():
            found[word] = (*found.get(word, ()), ours)
    return found


_MEANT = _by_word()

_INFERRED = "it is known from the layer's input"
_INPUT = "the shape stands once, under `input` at the top"
_LAYOUT = "channels are axis 1, as in torch"
_TRAINING = "how a network is trained is no part of a spec"
_RUNNING = "where and how a network runs is no part of a spec"
_NEEDLESS = {
    _INFERRED: "inchannels infeatures numchannels numfeatures inputdim inputsize inplanes inputs c1"
    " inunits inchannel inputchannels cin nin ic infilters inch inputfeatures inputdepth ninput"
    " indim",
    _INPUT: "inputshape batchinputshape batchsize inputs height",
    _LAYOUT: "dataformat layout channelslast channelsfirst dimordering channelaxis order",
    _TRAINING: "kernelregularizer biasregularizer activityregularizer kernelconstraint training"
    " biasconstraint weightdecay lrmult decaymult trainable learningrate param lr wregularizer"
    " regularizer gammaregularizer betaregularizer requiresgrad frozen freeze stopbackward seed"
    " lrmultiplier l2 l1 useglobalstats propagatedown fixgamma",
    _RUNNING: "dtype device engine workspace cudnnoff cudnntune cudnn usecudnn precision autocast"
    " quantize implementation memoryformat",
    "it changes no result": "inplace",
    "the state_dict has torch's names": "variablescope scope reuse paramname weightname",
    "torch's ops have no such switch": "returnsequences fused renorm virtualbatchsize"
    " keepdims globalpooling spatial storageorder coordinatetransformationmode",
}
_WHY = {word: why for why, words in _NEEDLESS.items() for word in words.split()}

ACTIVATIONS = frozenset(
    ("activation", "act", "nonlinearity", "activationfn", "nonlin", "acttype", "actcfg")
)
"""Words for what follows a layer: a line of its own here."""
NORMS = frozenset(
    (
        "batchnormalize",
        "batchnorm",
        "bn",
        "normalization",
        "normalizerfn",
        "usebn",
        "norm",
        "normcfg",
    )
)
"""Words for a norm behind a layer: a line of its own too."""
INITS = {
    "kernelinitializer": "weight",
    "weightfiller": "weight",
    "kernelinit": "weight",
    "weightinit": "weight",
    "weightinitializer": "weight",
    "weightsinitializer": "weight",
    "biasinitializer": "bias",
    "biasfiller": "bias",
    "biasinit": "bias",
    "gammainitializer": "weight",
    "betainitializer": "bias",
}
"""Words for how a weight starts, and the weight: ``init`` beside the op."""
_STARTS = {
    "henormal": "kaiming_normal",
    "heuniform": "kaiming_uniform",
    "msra": "kaiming_normal",
    "kaiming": "kaiming_normal",
    "glorotnormal": "xavier_normal",
    "glorotuniform": "xavier_uniform",
    "xavier": "xavier_uniform",
    "xaviernormal": "xavier_normal",
    "xavieruniform": "xavier_uniform",
    "zeros": "0",
    "zero": "0",
    "ones": "1",
    "one": "1",
    "randomnormal": "{normal: 0.05}",
    "randomuniform": "{uniform: 0.05}",
    "truncatednormal": "{truncated_normal: 0.05}",
    "gaussian": "{normal: 0.01}",
    "normal": "{normal: 0.01}",
    "kaimingnormal": "kaiming_normal",
    "kaiminguniform": "kaiming_uniform",
}
PAIRS = {
    "kernelh": ("kernelw", "kernel_size"),
    "strideh": ("stridew", "stride"),
    "padh": ("padw", "padding"),
    "paddingh": ("paddingw", "padding"),
    "stridesh": ("stridesw", "stride"),
    "kernelheight": ("kernelwidth", "kernel_size"),
    "kernely": ("kernelx", "kernel_size"),
    "stridey": ("stridex", "stride"),
}
"""Two arguments, of the height and of the width, that are one here."""
BESIDE = frozenset(("name", "from", "when", "repeat", "init"))
"""Keys that stand beside an op, not among its arguments."""


def plain(word: str) -> str:
    """Without letter case and underscores."""
    return word.replace("_", "").replace("-", "").casefold()


def meant(word: str, names: tuple[str, ...]) -> str | None:
    """Which of these arguments another framework's word, or another spelling, is."""
    letters = plain(word)
    spelt = _spelt(names).get(letters)
    return spelt or next((name for name in _MEANT.get(letters, ()) if name in names), None)


@lru_cache(maxsize=256)
def _spelt(names: tuple[str, ...]) -> dict[str, str]:
    """Names by their letters alone, the first of those that are alike."""
    return {plain(name): name for name in reversed(names)}


def why_needless(word: str) -> str | None:
    """Why an argument of another framework's is left out here."""
    return _WHY.get(plain(word))


def start_of(word: str) -> str | None:
    """The ``init`` that another framework's initializer is, as YAML in flow style."""
    return _STARTS.get(plain(word))
