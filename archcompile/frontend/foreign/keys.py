"""Keys that other tools have for what a spec says, each with ours or with what to do instead.

The words are those of Keras (``class_name``), Caffe (``bottom``), Ultralytics (``backbone``),
Ansible and GitHub Actions (``if``, ``loop``), and of everyday speech; in lower case.
"""

from __future__ import annotations

from collections.abc import Iterable


def _words(spaced: str) -> frozenset[str]:
    return frozenset(spaced.split())


def _all(meant: str, words: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), meant)


TRAINING = _words(
    "loss optimizer optim lr learning_rate epochs batch_size metrics dataset training train"
    " scheduler weight_decay momentum seed device dtype precision framework backend trainer"
    " opset opset_version ir_version producer producer_name"
)
"""What says how a network is trained or run, which is no part of what it is."""

SPEC = {
    **_all("name", "model network net architecture arch id"),
    **_all("archcompile", "version schema schema_version spec_version archcompile_version"),
    **_all("title", "description desc summary label long_name display_name"),
    **_all("cite", "reference references citation paper source doi"),
    **_all("input", "inputs input_shape inputs_shape input_size in_shape input_dim input_dims"),
    **_all("params", "parameters hyperparameters hyperparams args arguments config vars"),
    **_all("let", "constants locals define defines derived computed"),
    **_all("blocks", "definitions defs functions macros components templates custom_layers"),
    **_all("layers", "nodes backbone head body sequence sequential graph ops stages layer"),
    **_all("outputs", "output return returns output_names"),
    **_all("expect", "expected expects assert asserts checks claims verify"),
    **_all("use", "include includes import imports uses extends"),
    **_all("variants", "variant configs scales versions models"),
    **_all("init", "initializer initializers weight_init initialization kernel_initializer"),
    **dict.fromkeys(TRAINING, "leave out: a spec says what a network is, not how it is trained"),
    # words of linters that authors try for it: data to look a key up in, nothing is silenced
    **_all("allow", "ignore suppress disable noqa silence allowed"),
}
LISTS = _all("layers", "model network net architecture arch modules")
"""What these mean where a list stands under them."""

BLOCK = {
    **_all("params", "parameters args arguments params_ hyperparameters variables options"),
    **_all("inputs", "input in bottom"),
    **_all("outputs", "output out returns return top"),
    **_all("let", "locals define constants"),
    **_all("layers", "body nodes forward ops modules graph"),
    **_all("sequence", "sequential seq chain"),
    **_all("init", "initializer weight_init"),
    **_all(
        "leave out: a block is called by its key, and a remark is a comment",
        "name title description",
    ),
}
RESIDUAL = {
    **_all("body", "layers main branch residual path block sequence function"),
    **_all("shortcut", "downsample identity projection bypass skip_connection"),
    **_all("join", "merge combine op mode"),
    **_all("skip", "when if condition"),
}
GROUPS = {
    **_all("count", "gpus n num number groups num_gpus size devices"),
    **_all("layers", "body sequence"),
}
OUTPUT = {
    **_all("from", "layer source node input path of value tensor"),
    **_all("training", "train training_only train_only aux auxiliary"),
    **_all("loss_weight", "weight lambda coefficient scale"),
}
CITE = {
    **_all("paper", "title author authors reference name"),
    **_all("url", "link href arxiv doi address"),
    **_all("section", "table figure page chapter"),
    **_all("deviations", "differences notes deviation changes"),
}
EXPECT = {
    **_all("parameters", "params num_params num_parameters param_count weights n_params size"),
    **_all("macs", "mac multiply_adds mult_adds madds macc maccs multiply_accumulates"),
    **_all("shapes", "shape output_shapes sizes outputs"),
    **_all("receptive_field", "rf field"),
    **_all("a multiply-accumulate is two operations: half of it is `macs: …`", "flops gflops"),
    **_all("inference", "eval deploy test"),
}
CHOICE = {
    **_all("choice", "choices options enum values oneof one_of"),
    **_all("default", "value initial"),
}
BESIDE = {
    **_all("from", "inputs input bottom bottoms inbound inbound_nodes source sources src"),
    **_all("from", "parent parents prev previous reads input_from takes"),
    **_all("name", "id label layer_name alias as top tops output outputs out"),
    **_all("when", "if condition only_if enabled cond where"),
    **_all("repeat", "loop times n repeats count num number copies repetitions number_of_times"),
    **_all("for", "foreach for_each loop_over with_items"),
    **_all("init", "initializer kernel_initializer weight_init weight_filler initializers"),
    **_all("sequence", "sequential seq children"),
    **_all("apply", "reuse share shared same_as shared_with"),
    **_all("branches", "branch parallel paths towers"),
    **_all("join", "merge combine"),
}
"""Beside a layer's op."""

INFERRED = _words(
    "in_channels in_features num_features num_channels input_shape input_size input_dim"
    " output_shape out_shape shape batch_input_shape n_in in_planes"
)
TOPS = _words("top tops out output outputs")
"""What Caffe and Keras call what a layer gives."""
REMARKS = _words("comment comments description desc note notes doc title remark")
ELSEWHERE = _words("trainable frozen lr_mult dtype device requires_grad param phase")
ACTIVATIONS = _words("activation act activation_fn nonlinearity non_linearity act_layer")
NORMS = _words("norm normalization norm_layer bn batch_norm batchnorm use_bn")
OP_WORDS = _words("type op class_name layer module kind class layer_type op_type")
"""What other formats write before the word of the op."""
ARGUMENT_WORDS = _words(
    "args kwargs params config parameters arguments options attrs attributes hyperparameters"
    " convolution_param pooling_param inner_product_param lrn_param dropout_param"
)
"""What other formats write before the arguments of the op."""


def advice_beside(key: str) -> str | None:
    """Why a key beside an op is nothing that a spec says, in words; ``None`` if it may be."""
    folded = key.casefold()
    for words, why in _ADVICE:
        if folded in words:
            return f"leave `{key}` out: {why}"
    return None


_ADVICE: tuple[tuple[Iterable[str], str], ...] = (
    (INFERRED, "shapes are inferred from the input"),
    (REMARKS, "a remark is a comment, behind a `#`"),
    (ELSEWHERE | TRAINING, "a spec says what a network is, not how it is trained or run"),
)
