"""Other frameworks' words for ops: what each is called here, or that there is no such op.

From torch.nn, Keras and TensorFlow, Caffe, ONNX, MXNet, Darknet, Ultralytics and Flax. Words are
compared without letter case, underscores and the module that they stand in.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache

from archcompile.diagnostics.suggest import Words
from archcompile.frontend.text.tree import Entry, Mapping, Scalar, Sequence, Tree


def folded(word: str) -> str:
    """``tf.keras.layers.Conv2D`` and ``conv_2d`` are ``conv2d``."""
    return re.sub(r"[_\s-]", "", word.rpartition(".")[2] or word).casefold()


_SAME = {
    "linear": "dense fc fullyconnected fullconnected innerproduct gemm matmul connected affine lin"
    " densegeneral mlp ip lazylinear",
    "conv2d": "conv convolution convolution2d convolutional convlayer conv2dlayer"
    " spatialconvolution lazyconv2d atrousconv2d conv2dnative convnd cnn",
    "conv1d": "convolution1d temporalconvolution lazyconv1d",
    "conv_transpose2d": "deconv deconvolution deconv2d deconvolution2d conv2dtranspose"
    " convtranspose transposedconv2d transposedconv upconv fractionalconv deconvolutional",
    "conv_transpose1d": "conv1dtranspose deconv1d",
    "max_pool2d": "pooling pool pool2d maxpool maxpooling maxpooling2d maxpool2 spatialmaxpooling",
    "max_pool1d": "maxpooling1d",
    "avg_pool2d": "avgpool averagepool averagepooling averagepooling2d avgpooling avgpooling2d"
    " meanpool meanpool2d spatialaveragepooling",
    "avg_pool1d": "averagepooling1d avgpooling1d",
    "adaptive_avg_pool2d": "adaptiveaveragepooling2d adaptiveavgpooling2d adaptiveavgpool",
    "adaptive_max_pool2d": "adaptivemaxpooling2d adaptivemaxpool",
    "mean: [2, 3]": "globalaveragepooling2d",
    "adaptive_avg_pool2d: 1": "globalaveragepooling globalaveragepool"
    " globalavgpool globalavgpool2d globalavgpooling globalavgpooling2d gap gap2d globalpool"
    " globalpooling avgpoolglobal globalmeanpool",
    "adaptive_max_pool2d: 1": "globalmaxpooling2d globalmaxpooling globalmaxpool globalmaxpool2d"
    " gmp",
    "adaptive_avg_pool1d: 1": "globalaveragepooling1d globalavgpool1d",
    "batch_norm2d": "bn bn2d batchnorm batchnormalization batchnormalisation batchnormalize"
    " batchnormalization2d batchnorm2 spatialbatchnormalization syncbatchnorm batchnormv2"
    " fusedbatchnorm fusedbatchnormv3 lazybatchnorm2d",
    "batch_norm1d": "bn1d lazybatchnorm1d",
    "layer_norm": "ln layernormalization",
    "group_norm": "gn groupnormalization",
    "layer_norm2d": "layernormchannelsfirst",
    "group_norm: {num_groups: in.channels, affine: false}": "instancenorm2d instancenorm"
    " instancenorm1d instancenormalization",
    "local_response_norm": "lrn responsenorm localresponsenormalization localresponsenormalize"
    " norm1 crossmaprnorm",
    "normalize": "l2norm l2normalize l2normalization lpnormalization unitnormalization",
    "concat": "concatenate cat concatv2 concatlayer depthconcat join route merge filterconcat",
    "add": "eltwise sum plus elemwiseadd broadcastadd addition eltwisesum elementwiseadd addn addv2"
    " skipadd",
    "mul": "multiply prod product eltwiseprod elemwisemul broadcastmul multiplication",
    "sub": "subtract minus elemwisesub broadcastsub",
    "flatten": "view reshape flattenlayer flat squeeze flatten2d flattenlast",
    "permute": "transpose swapaxes movedim",
    "chunk": "split slicechannel tensorsplit",
    "slice": "crop stridedslice narrow",
    "pad": "zeropad2d zeropadding2d zeropad zeropadding constantpad2d reflectionpad2d padding"
    " replicationpad2d constantpad reflectpad mirrorpad zeropad1d zeropadding1d",
    "pixel_shuffle": "depthtospace subpixel pixelshuffler",
    "channel_shuffle": "shufflechannel shufflechannels channelshuffling shuffle",
    "upsample": "upsampling upsampling2d upsamplingnearest2d upsamplingbilinear2d resize"
    " interpolate resizebilinear resizenearestneighbor bilinearupsample unpool2d",
    "dropout": "drop dropoutlayer",
    "identity": "noop passthrough linearactivation stopgradient",
    "relu": "rectifier rectifiedlinear relulayer rectifiedlinearunit",
    "relu6": "clippedrelu",
    "leaky_relu": "lrelu leaky leakyrectify",
    "prelu": "parametricrelu prelulayer",
    "silu": "swish swish1",
    "hardswish": "hswish hardsilu hard_swish",
    "hardsigmoid": "hsigmoid",
    "hardtanh": "clip clamp clipbyvalue htanh",
    "sigmoid": "logistic",
    "mean": "reducemean meanreduce",
    "abs": "absolute absval absolutevalue",
    "softmax": "softmax2d softmaxlayer softmaxactivation softmaxoutput",
    "log_softmax": "logsoftmaxlayer",
    "sequence": "sequential seq modulelist moduledict",
    "residual": "shortcut skip residualblock skipconnection resblock",
}
_MEANT = {word: meant for meant, words in _SAME.items() for word in words.split()}

_ABSENT = (
    ("derived values are named under `let`, at the start of the file or of a block", "let"),
    (
        "version 1 has no recurrent layers",
        "lstm gru rnn simplernn lstmcell grucell rnncell convlstm2d convlstm bidirectional"
        " recurrent",
    ),
    (
        "version 1 has no attention, only convolutions, `linear` and what goes with them",
        "multiheadattention attention selfattention additiveattention transformer mha"
        " transformerencoder transformerencoderlayer transformerdecoder crossattention"
        " multiheaddotproductattention scaleddotproductattention positionalencoding"
        " windowattention",
    ),
    (
        "version 1 has no embeddings: an input is a tensor of numbers",
        "embedding embeddingbag embed patchembed",
    ),
    (
        "version 1 has images, sequences and features, and nothing of three dimensions",
        "conv3d batchnorm3d maxpool3d avgpool3d maxpooling3d averagepooling3d convtranspose3d"
        " conv3dtranspose upsampling3d zeropadding3d adaptiveavgpool3d dropout3d instancenorm3d",
    ),
    (
        "a loss belongs to training; the network ends with its last layer",
        "crossentropyloss mseloss nllloss softmaxwithloss l1loss bceloss bcewithlogitsloss loss"
        " cost euclideanloss sigmoidcrossentropyloss hingeloss accuracy smoothl1loss",
    ),
    (
        "the input stands at the top, under `input`",
        "input inputlayer data imagedata placeholder inputs imageinput net",
    ),
    (
        "it is several layers: make a block of them, under `blocks`",
        "bottleneck basicblock c2f c3 c3k2 sppf spp convbnrelu cbr conv2dnormactivation detect"
        " invertedresidual squeezeexcitation seblock se mbconv dwconv csp bottleneckcsp convblock"
        " inception inceptionmodule denseblock transition convbn convmodule fire yolo c2psa",
    ),
    (
        "its two parts are lines of their own: `conv2d: {…, groups: in.channels}`,"
        " then a `conv2d` of kernel 1",
        "separableconv2d separableconv depthwiseseparableconv2d separableconvolution2d sepconv2d"
        " sepconv",
    ),
    (
        "a `conv2d` with `groups: in.channels` does it,"
        " e.g. `conv2d: {out_channels: in.channels, kernel_size: 3, groups: in.channels}`",
        "depthwiseconv2d depthwiseconv depthwiseconvolution depthwise conv2ddepthwise"
        " depthwiseconv2dnative convolutiondepthwise",
    ),
    (
        "an axis is put in by `unflatten`, e.g. `unflatten: {dim: 1, unflattened_size: [1, 64]}`",
        "unsqueeze expanddims",
    ),
    ("Caffe's `Scale` is part of `batch_norm2d`, and no line here", "scale"),
    (
        "a bias is part of `conv2d` and `linear`; a bare one is a `parameter` that an `add` reads",
        "bias biasadd",
    ),
    (
        "a spec cannot hold code; a block made of ops can say most things",
        "lambda function exec eval python script custom",
    ),
    (
        "`dropout` draws single values; version 1 has none that draws whole channels",
        "dropout2d dropout1d spatialdropout2d spatialdropout1d featurealphadropout droppath"
        " stochasticdepth alphadropout droplevel dropblock dropblock2d",
    ),
    (
        "version 1 has no such function; `archcompile list --ops` shows those that there are",
        "selu celu glu logsigmoid softsign maxout rrelu softshrink hardshrink tanhshrink threshold"
        " thresholdedrelu gaussian crelu exp log sqrt power pow swiglu geglu",
    ),
    (
        "version 1 has no such norm; it has `batch_norm2d`, `group_norm`, `layer_norm`",
        "rmsnorm spectralnorm weightnorm adaln filterresponsenorm switchablenorm",
    ),
    (
        "version 1 joins by `add`, `mul`, `sub` and `concat` only",
        "maximum minimum average eltwisemax dot max min div divide stack einsum bilinear"
        " cosinesimilarity",
    ),
    ("an op applies to every position anyway: the op itself will do", "timedistributed"),
    (
        "version 1 has no pooling of this kind; it has `max_pool2d` and `avg_pool2d`",
        "lppool2d fractionalmaxpool2d maxunpool2d stochasticpool roipooling roialign roipool",
    ),
)
"""What to know of ops that are not there, and the words for them."""
_NONE = {word: why for why, words in _ABSENT for word in words.split()}


_PADS = {
    "zeropad2d": "",
    "zeropadding2d": "",
    "zeropad": "",
    "zeropadding": "",
    "reflectionpad2d": "reflect",
    "reflectpad": "reflect",
    "replicationpad2d": "replicate",
}
"""Pads of maps that take one number for all four sides, and the mode of each."""
_BARE = frozenset(("add", "mul", "sub", "flatten", "relu", "sigmoid", "abs"))
"""Ops that need no argument: another framework's (an operation, a shape) are not theirs."""


def meant(word: str) -> str | None:
    """What stands here for another framework's word: an op, or an op with its arguments."""
    return _MEANT.get(folded(word))


def near(word: str) -> str | None:
    """What stands here for the word of another framework that this one is most like."""
    found = _words().closest(folded(word))
    return None if found is None else _MEANT[found]


@cache
def _words() -> Words:
    return Words(_MEANT)


def whole(word: str, arguments: Tree, ops: Container[str]) -> str | None:
    """What stands for a word and its arguments together, where the arguments are not the op's."""
    given, name = _first(arguments), folded(word)
    if name in ("activation", "act", "nonlin") and given is not None:
        op = given.text if given.text in ops else meant(given.text)
        return op if op is not None and op in ops else None
    if name in _PADS and given is not None and type(given.value) is int:
        sides, mode = ", ".join([given.text] * 4), _PADS[name]
        return f"pad: {{padding: [{sides}], mode: {mode}}}" if mode else f"pad: [{sides}]"
    if name == "eltwise" and given is not None and given.text.casefold() in ("prod", "mul"):
        return "mul"
    sizes = _sizes(arguments)
    if name == "reshape" and len(sizes) > 1:
        return f"unflatten: [1, [{', '.join(sizes)}]]"
    if name == "upsampling2d" and sizes:
        factor = sizes[0] if len(set(sizes)) == 1 else f"[{', '.join(sizes)}]"
        return f"upsample: {{scale_factor: {factor}}}"
    found = _MEANT.get(name)
    return found if found is not None and (found in _BARE or ":" in found) else None


def _sizes(arguments: Tree) -> tuple[str, ...]:
    """The numbers of a call that gives nothing but sizes, as Keras' ``Reshape((7, 7, 64))``."""
    items = arguments.items if isinstance(arguments, Sequence) else (arguments,)
    sizes = tuple(
        each.text
        for each in items
        if isinstance(each, Scalar) and type(each.value) is int and each.value > 0
    )
    return sizes if len(sizes) == len(items) else ()


def _first(arguments: Tree) -> Scalar | None:
    """The one argument of a call, whatever its name."""
    match arguments:
        case Scalar():
            return arguments
        case (
            Mapping(entries=(Entry(value=Scalar() as only),)) | Sequence(items=(Scalar() as only,))
        ):
            return only
    return None


def why_absent(word: str) -> str | None:
    """What to know of an op that other frameworks have and this one has not."""
    return _NONE.get(folded(word))
