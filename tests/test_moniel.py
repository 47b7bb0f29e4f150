"""Programs in the style of Moniel (M. Lajtoš, 2016), from which the language grew: the graphs they always had.

The names come from its library and from the programs in its repository; what a name meant there it means here for good,
however many operations are added.
"""

from __future__ import annotations

import pytest

from moniel2.ops.catalog import catalog
from moniel2.semantics.names import Scope, resolve
from tests.programs import chain, compiled, drawn, graph, operations, parameters, sound

# ------------------------------------------------------------------------------------------- names

# As Moniel's library spells them (the operations of its interpreter), and what they are called here.
LIBRARY = {
    "RectifiedLinearUnit": "ReLU",
    "LeakyRectifiedLinearUnit": "LeakyReLU",
    "ParametricRectifiedLinearUnit": "PReLU",
    "RandomizedRectifiedLinearUnit": "RReLU",
    "ExponentialLinearUnit": "ELU",
    "Threshold": "Threshold",
    "SoftPlus": "Softplus",
    "Sigmoid": "Sigmoid",
    "LogSigmoid": "LogSigmoid",
    "Tanh": "Tanh",
    "SoftSign": "Softsign",
    "HardTanh": "Hardtanh",
    "TanhShrink": "Tanhshrink",
    "SoftShrink": "Softshrink",
    "HardShrink": "Hardshrink",
    "SoftMax": "Softmax",
    "LogSoftMax": "LogSoftmax",
    "SoftMin": "Softmin",
    "Add": "Add",
    "Multiply": "Mul",
    "Absolute": "Abs",
    "Convolution": "Conv",
    "Deconvolution": "ConvTranspose",
    "Input": "Input",
    "Output": "Output",
    "Dense": "Linear",
    "Linear": "Linear",
    "CrossEntropy": "CrossEntropy",
    "Concat": "Concat",
    "Identity": "Identity",
    "BatchNormalization": "BatchNorm",
    "LocalResponseNormalization": "LocalResponseNorm",
    "ZeroPadding": "ZeroPadding",
    "MaxPooling": "MaxPool",
    "AveragePooling": "AvgPool",
    "AdaptiveAveragePooling": "AdaptiveAvgPool",
    "AdaptiveMaxPooling": "AdaptiveMaxPool",
    "MaxUnpooling": "MaxUnpool",
    "MatrixMultiply": "MatMul",
    "DotProduct": "DotProduct",
    "BiasAdd": "BiasAdd",
    "Summation": "Sum",
    "Dropout": "Dropout",
    "Reshape": "Reshape",
    "Flatten": "Flatten",
    "Variable": "Parameter",
    "Tensor": "Tensor",
    "Constant": "Constant",
    "RandomNormal": "RandomNormal",
    "TruncatedNormalDistribution": "TruncatedNormalDistribution",
}

# Abbreviations as its programs write them.
ACRONYMS = {
    "Abs": "Abs",
    "AveragePool": "AvgPool",
    "BN": "BatchNorm",
    "BatchNorm": "BatchNorm",
    "Conv": "Conv",
    "DP": "DotProduct",
    "ELU": "ELU",
    "In": "Input",
    "LRN": "LocalResponseNorm",
    "LocRespNorm": "LocalResponseNorm",
    "MP": "MaxPool",
    "MatMul": "MatMul",
    "Out": "Output",
    "RLU": "ReLU",
    "RandN": "RandomNormal",
    "ReLU": "ReLU",
    "Sigm": "Sigmoid",
    "Softmax": "Softmax",
    "Var": "Parameter",
}

# Abbreviations of definitions in the same program.
DEFINED = {
    "CL": "ConvolutionalLayer",
    "ConvL": "ConvolutionLayer",
    "CL3": "ConvolutionalLayer3",
    "DenseL": "DenseLayer",
    "MPL": "MaxPoolingLayer",
    "MaxPoolL": "MaxPoolingLayer",
    "RL": "ReusableLayer",
    "IM": "InceptionModule",
    "AC": "AuxiliaryClassifier",
    "MS2": "MegaStructure2",
    "B5": "Block5",
}


@pytest.mark.parametrize("written", [*LIBRARY, *ACRONYMS])
def test_a_name_of_moniel_means_what_it_meant(written: str) -> None:
    found = resolve(written, Scope(None), Scope(None))
    assert found is catalog()[{**LIBRARY, **ACRONYMS}[written]]


@pytest.mark.parametrize("written", DEFINED)
def test_definitions_are_abbreviated_alike(written: str) -> None:
    model = sound(f"+{DEFINED[written]} {{ In -> Identity -> Out }}\nx:In -> {written} -> y:Out")
    assert [node.what.name for node in model.root.nodes] == [DEFINED[written]]


def test_a_definition_doesn_t_steal_the_name_of_a_port() -> None:
    model = sound("+Inception { In -> Identity -> Out }\nIn -> Inception -> Out")
    assert graph(model) == chain("in", "inception/identity", "out")


# ----------------------------------------------------------------------------------------- chains


def test_comments() -> None:
    model = sound("""
        // one line
        In -> ReLU /* between two arrows */ -> Out  // at the end
        /* over
           lines */
    """)
    assert graph(model) == chain("in", "relu", "out")


def test_a_node_is_a_type() -> None:
    assert operations(drawn("Sigmoid")) == {"sigmoid": "Sigmoid"}


def test_a_chain_and_more_chains() -> None:
    assert graph(drawn("Conv -> BN -> ReLU")) == chain("conv", "bn", "relu")
    assert graph(drawn("Conv -> BN\nDense -> Tanh")) == {**chain("conv", "bn"), **chain("dense", "tanh")}


def test_an_identifier_joins_chains() -> None:
    model = drawn("conv1:Convolution -> ReLU\nSigmoid -> conv1\nconv1 -> Tanh")
    assert graph(model) == {"sigmoid": [], "conv1": ["sigmoid"], "relu": ["conv1"], "tanh": ["conv1"]}


def test_an_identifier_is_used_before_it_is_declared() -> None:
    model = drawn("x:In -> conv1\nconv1:Convolution -> Out")
    assert graph(model) == chain("x", "conv1", "out")


# ------------------------------------------------------------------------------------------ lists


def test_a_list_into_a_node() -> None:
    model = drawn("[Tensor, Tensor, Variable] -> Concat -> ReLU")
    assert graph(model)["concat"] == ["tensor", "tensor2", "variable"]


def test_a_node_into_a_list() -> None:
    model = drawn("Tensor -> [Sigmoid, Tanh, ReLU]")
    assert graph(model) == {"tensor": [], "sigmoid": ["tensor"], "tanh": ["tensor"], "relu": ["tensor"]}


def test_a_list_into_a_list_brings_all_to_all() -> None:
    model = drawn("[Tensor, Tensor] -> [Add, Concat, Multiply]")
    found = graph(model)
    assert found["add"] == found["concat"] == found["multiply"] == ["tensor", "tensor2"]


def test_chains_in_lists_and_lists_in_lists() -> None:
    model = drawn("x:In -> [Conv -> BN, [Sigmoid, Tanh], ReLU] -> Concat -> Out")
    assert graph(model)["concat"] == ["bn", "sigmoid", "tanh", "relu"]


def test_an_identifier_in_a_list() -> None:
    model = sound("x:In -> Conv -> a\nx -> Conv -> b\n[b, a] -> Concat -> Out")
    assert graph(model)["concat"] == ["conv2", "conv"]


def test_operands_stand_in_the_order_of_the_text() -> None:
    model = drawn("sum:Add -> Out\nx:In -> sum\ny:In -> sum")
    assert graph(model)["sum"] == ["x", "y"]


# ------------------------------------------------------------------------------------- attributes


def test_attributes() -> None:
    model = sound("In[B, 1, 28, 28] -> Convolution(kernelSize = 3x3, filters = 16) -> Out")
    assert parameters(model) == "160"
    assert parameters(sound("In[B, 1, 28, 28] -> Conv(kS = 3x3, f = 16) -> Out")) == "160"


def test_a_shape_as_an_attribute() -> None:
    model = sound("in:Input(shape = 28x28) -> ReLU -> out:Output")
    assert str(model.root.outputs[0].tensor) == "[28, 28]"


# -------------------------------------------------------------------------------------- metanodes


def test_a_metanode_and_paths_into_it() -> None:
    model = sound("""
        layer:{
            RandomNormal(shape = 784x100) -> weights:Variable
            weights -> dp:DotProduct -> act:ReLU
        }
        Tensor -> layer/dp       // a tensor into the metanode
        layer/act -> Softmax -> Out
    """)
    assert graph(model) == {
        "layer/random_normal": [],
        "layer/weights": ["layer/random_normal"],
        "tensor": [],
        "layer/dp": ["layer/weights", "tensor"],
        "layer/act": ["layer/dp"],
        "softmax": ["layer/act"],
        "out": ["softmax"],
    }


def test_the_boundary_of_a_metanode() -> None:
    model = sound("""
        layer:{
            image:In
            filters:Tensor
            [image, filters] -> Conv -> Out
        }
        x:In -> layer -> Out
    """)
    assert graph(model)["layer/conv"] == ["x", "layer/filters"]
    assert graph(model)["out"] == ["layer/conv"]


def test_inline_metanodes() -> None:
    named = sound("x:In -> layer:{ [In, Tensor] -> Conv -> Out } -> Out")
    assert graph(named)["layer/conv"] == ["x", "layer/tensor"]
    anonymous = sound("x:In -> { [In, Tensor] -> Conv -> Out } -> { In -> ReLU -> Out } -> Out")
    assert graph(anonymous)["block/conv"] == ["x", "block/tensor"]
    assert graph(anonymous)["block2/relu"] == ["block/conv"]


def test_metanodes_in_metanodes() -> None:
    model = sound("x:In -> a:{ In -> b:{ In -> c:{ In -> ReLU -> Out } -> Out } -> Out } -> Out")
    assert graph(model) == chain("x", "a/b/c/relu", "out")


def test_reusable_blocks() -> None:
    model = sound("""
        +ConvolutionalLayer {
            in:Input
            filters:Tensor
            biases:Tensor
            [in, filters] -> conv:Convolution
            [conv, biases] -> BiasAdd -> ReLU -> out:Output
        }
        image:Input -> first:CL -> second:CL -> Out
    """)
    found = graph(model)
    assert found["first/conv"] == ["image", "first/filters"]
    assert found["second/conv"] == ["first/relu", "second/filters"]
    assert found["second/bias_add"] == ["second/conv", "second/biases"]
    assert found["out"] == ["second/relu"]


def test_blocks_in_blocks_are_defined_inside() -> None:
    model = sound("""
        +Network {
            +Layer { In -> Dense(10) -> ReLU -> Out }
            In -> Layer -> Layer -> Out
        }
        x:In[B, 4] -> Network -> Out
    """)
    assert parameters(model) == "160"


def test_one_tensor_spreads_over_unnamed_inputs() -> None:
    model = sound("+Sum { [In, In] -> Add -> Out }\nx:In -> Sum -> Out")
    assert graph(model)["sum/add"] == ["x", "x"]


def test_several_tensors_into_one_output() -> None:
    model = sound("+Fork { In -> [Sigmoid, Tanh] -> Out }\nx:In -> Fork -> Concat -> Out")
    assert graph(model)["concat"] == ["fork/sigmoid", "fork/tanh"]


def test_a_bundle_grows_block_by_block() -> None:
    """Two, then four tensors; what takes only one says where the bundle was made, and keeps every arrow."""
    text = """
        +Leaf { In -> Identity -> Out }
        +Two { In -> [Leaf, Leaf] -> Out }
        +Four { In -> [Two, Two] -> Out }
        x:In -> Four -> Concat -> Out
    """
    assert len(graph(sound(text))["concat"]) == 4
    found = compiled(text.replace("Concat", "Identity"))
    assert [d.rule for d in found.diagnostics] == ["bundle"]
    assert found.model is not None
    assert len(graph(found.model)["identity"]) == 4


def test_a_network_of_its_time() -> None:
    """VGG-16 as one would have written it then; its weights are those of the paper's configuration D."""
    model = sound("""
        +ConvolutionLayer(filters) {
            In -> Convolution(kernelSize = 3x3, filters = filters, padding = 1) -> ReLU -> Out
        }
        +MaxPoolingLayer { In -> MaxPooling(poolSize = 2x2, strides = 2x2) -> Out }
        +DenseLayer { In -> Dense(units = 4096) -> ReLU -> Dropout(0.5) -> Out }
        +VGG16 {
            In -> ConvL(64) -> ConvL(64) -> MPL
                -> ConvL(128) -> ConvL(128) -> MPL
                -> ConvL(256) -> ConvL(256) -> ConvL(256) -> MPL
                -> ConvL(512) -> ConvL(512) -> ConvL(512) -> MPL
                -> ConvL(512) -> ConvL(512) -> ConvL(512) -> MPL
                -> Flatten -> DenseL -> DenseL -> Dense(units = 1000) -> Softmax -> Out
        }
        In[B, 3, 224, 224] -> VGG16 -> Out
    """)
    assert parameters(model) == "138357544"
