"""A model card is read strictly: what a number depends on is stated, or the card is refused."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build.cards import card as card_text
from tests.conftest import ROOT
from wbcval.predict.cards import (
    COLORS,
    DTYPES,
    INTERPOLATIONS,
    LARGEST_BATCH,
    LAYOUTS,
    OUTPUTS,
    RESIZERS,
    Card,
    Composition,
    Input,
    draft,
    read,
    write,
)
from wbcval.values.errors import InputError

CARD = card_text(
    ("neutrophil", "lymphocyte"),
    name="tiny", size=(64, 48), mean=(0.0, 0.5, 0), std=(1.0, 1, 0.25),
)  # fmt: skip


def test_a_card_is_read_as_it_stands():
    card = read(CARD, "model.toml")

    assert card == Card(
        name="tiny",
        version="1",
        classes=("neutrophil", "lymphocyte"),
        output="logits",
        input=Input(
            size=(64, 48),
            color="RGB",
            resize="stretch",
            interpolation="bilinear",
            scale=255.0,
            mean=(0.0, 0.5, 0.0),
            std=(1.0, 1.0, 0.25),
        ),
    )


def test_the_published_card_of_the_trial_model_is_read(shared):
    path = shared / "data/model/model.toml"

    card = read(path.read_text(encoding="utf-8"), path.name)

    assert isinstance(card, Card)
    assert card.classes == ("neutrophil", "eosinophil", "basophil", "lymphocyte", "monocyte")
    assert card.input.size == (64, 64)


@pytest.mark.parametrize(
    "key",
    ["schema_version", "name", "version", "classes", "output", "size", "color", "resize",
     "interpolation", "scale", "mean", "std"],
)  # fmt: skip
def test_nothing_is_guessed(key):
    text = re.sub(rf"^{key} = .*$", "", CARD, flags=re.M)

    with pytest.raises(InputError, match=rf"model\.toml.* key '{key}': is missing"):
        read(text, "model.toml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[input]\n", "[input]\nsiez = 1\n", "'siez': is not a key of a model card"),
        ('output = "logits"', 'output = "softmax"', "one of: logits, probabilities"),
        ('"neutrophil", "lymphocyte"', "", "write a list of class names"),
        ('"neutrophil", "lymphocyte"', '"0", "1"', "numbers differ between models"),
        ('"lymphocyte"', '" Neutrophil"', "'neutrophil' and ' Neutrophil' are the same name"),
        ('"lymphocyte"', '"Unclassified"', "that is an abstention"),
        ('"lymphocyte"', '"a\\nb"', "write a list of class names"),
        ("size = [64, 48]", "size = [64]", "2 whole number"),
        ("size = [64, 48]", "size = [0, 48]", "from 1 to 4096"),
        ("size = [64, 48]", "size = [64.0, 48]", "2 whole number"),
        ("scale = 255", "scale = 0", "pixel values are divided by it"),
        ("scale = 255", "scale = true", "write a number"),
        ("scale = 255", "scale = nan", "finite"),
        ("std = [1.0, 1, 0.25]", "std = [1.0, 0, 1]", "positive"),
        ("mean = [0.0, 0.5, 0]", "mean = [0.0]", "3 number"),
        ("mean = [0.0, 0.5, 0]", "mean = [0.0, inf, 0]", "3 number"),
        ('resize = "stretch"', 'resize = "fit"', "'pad': is missing"),
        ('resize = "stretch"', 'resize = "stretch"\npad = [0, 0, 0]', "is not a key"),
        ('resize = "stretch"', 'resize = "stretch"\nplanes = ["a", "b"]', "'combine' go together"),
        ("[input]\n", "[input]\nshorter_side = 256\n", 'goes with resize = "shorter-side"'),
        ('resize = "stretch"', 'resize = "shorter-side"', 'goes with resize = "shorter-side"'),
        ('resize = "stretch"', 'resize = "shorter-side"\nshorter_side = 0', "from 1 to 4096"),
        ('resize = "stretch"', 'resize = "center_crop"', "'center-crop'"),
        ("[input]\n", "[input]\ncrop = 224\n", "write a list"),
        ("[input]\n", "[input]\ncrop = [224]\n", "2 whole number"),
        ("[input]\n", '[input]\nresizer = "cv2"\n', "one of: pillow, opencv, torch"),
        (
            "[input]\n",
            '[input]\nresizer = "opencv"\n',
            "(one of nearest, linear, area, cubic, lanczos4)",
        ),
        (
            'resize = "stretch"',
            'resize = "crop-to-fill"\nresizer = "torch"',
            "one of: stretch, shorter-side",
        ),
        ("[input]\n", '[input]\nplanes = ["a", "a"]\ncombine = "mean"\n', "each once"),
        ("[input]\n", "[input]\nbatch = 0\n", "from 1 to 1024"),
        ("[input]\n", "abstain_below = 0.5\n[input]\n", "above 0.5"),
        ("[input]\n", "abstain_below = 1.5\n[input]\n", "write a probability"),
        ("schema_version = 1", "schema_version = 2", "reads version 1"),
        ("[input]\n", 'model_sha256 = "abc"\n[input]\n', "64 hexadecimal digits"),
        ("[input]", "input = 3\n[other]", "table"),
        ("[input]", "[[input]]", "table"),
    ],
)
def test_what_is_not_right_is_refused(old, new, says):
    text = CARD.replace(old, new)
    assert text != CARD

    with pytest.raises(InputError, match=re.escape(says)):
        read(text, "model.toml")


def test_the_keys_of_geometry_are_read():
    text = CARD.replace('resize = "stretch"', 'resize = "shorter-side"\nshorter_side = 73')
    text = text.replace('interpolation = "bilinear"', 'interpolation = "area"')

    card = read(f'{text}resizer = "opencv"\ncrop = [200, 180]\n', "model.toml")

    assert isinstance(card, Card)
    given = card.input
    assert (given.resize, given.shorter_side, given.crop) == ("shorter-side", 73, (200, 180))
    assert (given.resizer, given.interpolation) == ("opencv", "area")
    assert card.remarks == ()


def recipes() -> list[str]:
    """The second column of the table that says what training code is in a card."""
    page = (ROOT / "docs/how-to/write-a-model-card.md").read_text(encoding="utf-8")
    table = page.partition("| training code | card |\n|---|---|\n")[2].partition("\n\n")[0]
    return [row.split("|")[2] for row in table.splitlines()]


@pytest.mark.parametrize("recipe", recipes())
def test_a_recipe_of_the_how_to_is_a_card(recipe):
    lines = re.findall(r"`(\w+ = [^`]+)`", recipe)
    text = CARD
    for line in lines:
        key = line.split(" = ")[0]
        text = re.sub(rf"^{key} = .*\n", "", text, flags=re.M) + f"{line}\n"

    card = read(text, "model.toml")

    assert lines
    assert isinstance(card, Card)
    for key, value in tomllib.loads("\n".join(lines)).items():
        stated = getattr(card.input, key)
        assert (list(stated) if isinstance(value, list) else stated) == value


def test_the_old_name_of_crop_to_fill_is_read_and_said():
    card = read(CARD.replace("stretch", "center-crop"), "model.toml")

    assert isinstance(card, Card)
    assert card == read(CARD.replace("stretch", "crop-to-fill"), "model.toml")
    assert card.input.resize == "crop-to-fill"
    assert "not torchvision's CenterCrop" in card.remarks[0]


# LMU's 15, MLL's 21 of bone marrow, the 13 of WBCBench 2026 and "other"
CODES = (
    "BAS EBO EOS KSC LYA LYT MMZ MOB MON MYB MYO NGB NGS PMB PMO",
    "ABE ART BAS BLA EBO EOS FGC HAC KSC LYI LYT MMZ MON MYB NGB NGS NIF OTH PEB PLM PMO",
    "BA BL BNE EO LY MMY MO MY PC PLY PMY SNE VLY other",
)
BLOOD_MNIST = [
    "basophil", "eosinophil", "erythroblast",
    "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)",
    "lymphocyte", "monocyte", "neutrophil", "platelet",
]  # fmt: skip
LEUKAEMIA = ["lymphoblast", "myeloblast", "monoblast", "neutrophil"]
BACKGROUNDS = ["neutrophil", "background", "stain", "artefact", "unknown", "CD4+", "CD4-"]


@pytest.mark.parametrize("names", [*map(str.split, CODES), BLOOD_MNIST, LEUKAEMIA, BACKGROUNDS])
def test_classes_stay_apart_that_a_report_counts_as_one(names):
    listed = ", ".join(f'"{name}"' for name in names)

    card = read(CARD.replace('"neutrophil", "lymphocyte"', listed), "model.toml")

    assert isinstance(card, Card)
    assert card.classes == tuple(names)


def test_gray_in_three_channels_has_three_of_each_number():
    card = read(CARD.replace('"RGB"', '"gray-as-RGB"'), "model.toml")

    assert isinstance(card, Card)
    assert card.input.channels == 3


def test_what_is_no_toml_is_refused():
    with pytest.raises(InputError, match="is not TOML"):
        read("classes = [", "model.toml")


def test_stacked_planes_are_further_channels_and_a_mean_is_not():
    planes = '[input]\nplanes = ["low", "high"]\ncombine = "{}"\n'

    stacked = read(CARD.replace("[input]\n", planes.format("stack")), "m")
    averaged = read(CARD.replace("[input]\n", planes.format("mean")), "m")

    assert isinstance(stacked, Card)
    assert isinstance(averaged, Card)
    assert (stacked.input.channels, averaged.input.channels) == (6, 3)


printed = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1, max_size=12
).filter(str.strip)
labels = printed.filter(lambda text: not text.strip().lstrip("+-").replace(".", "", 1).isdigit())
positive = st.floats(1e-6, 1e6)


@st.composite
def inputs(draw) -> Input:
    color = draw(st.sampled_from([*COLORS]))
    n, dtype = COLORS[color], draw(st.sampled_from(DTYPES))
    resizer = draw(st.sampled_from([*RESIZERS]))
    resize = draw(st.sampled_from(RESIZERS[resizer]))
    sides = st.integers(1, 4096)
    plain = dtype in ("uint8", "int64")  # no fractions
    planes = draw(st.just([]) | st.lists(printed, min_size=2, max_size=3, unique=True))
    combine = draw(st.sampled_from(["stack"] if plain else ["stack", "mean"])) if planes else None
    return Input(
        size=draw(st.tuples(sides, sides)),
        color=color,
        resize=resize,
        interpolation=draw(st.sampled_from(INTERPOLATIONS[resizer])),
        scale=1.0 if plain else draw(positive),
        mean=(0.0,) * n if plain else draw(st.tuples(*[st.floats(-1e6, 1e6)] * n)),
        std=(1.0,) * n if plain else draw(st.tuples(*[positive] * n)),
        pad=draw(st.tuples(*[st.integers(0, 255)] * n)) if resize == "fit" else None,
        planes=tuple(planes),
        combine=combine,
        batch=draw(st.integers(1, LARGEST_BATCH)),
        shorter_side=draw(sides) if resize == "shorter-side" else None,
        crop=draw(st.none() | st.tuples(sides, sides)),
        resizer=resizer,
        layout=draw(st.sampled_from(LAYOUTS)),
        dtype=dtype,
    )


@st.composite
def cards(draw) -> Card:
    alike = {"unique_by": lambda text: " ".join(text.casefold().split())}
    classes = draw(st.lists(labels, min_size=1, max_size=5, **alike))
    output = draw(st.sampled_from(OUTPUTS[: 2 if len(classes) == 1 else 3]))
    return Card(
        name=draw(printed),
        version=draw(printed),
        classes=tuple(classes),
        output=output,
        input=draw(inputs()),
        abstain_below=draw(st.none() | st.floats(0.51, 1)),
        output_name=draw(st.none() | printed),
        model_sha256=draw(st.none() | st.just("e5" * 32)),
    )


@given(cards())
def test_a_card_that_is_written_is_read_again(card):
    again = read(write(card), "model.toml")

    assert again == card
    assert again.model_sha256 == card.model_sha256


def test_a_written_card_says_what_is_not_as_by_default():
    assert write(read(CARD, "model.toml")) == (
        "# What this model takes, and what its outputs mean.\n"
        "schema_version = 1\n"
        'name = "tiny"\n'
        'version = "1"\n'
        'classes = ["neutrophil", "lymphocyte"]\n'
        'output = "logits"\n'
        "\n"
        "[input]\n"
        "size = [64, 48]\n"
        'color = "RGB"\n'
        'resize = "stretch"\n'
        'interpolation = "bilinear"\n'
        "scale = 255.0\n"
        "mean = [0.0, 0.5, 0.0]\n"
        "std = [1.0, 1.0, 0.25]\n"
    )


def test_a_draft_is_refused_until_it_is_finished():
    with pytest.raises(InputError):
        read(draft("0" * 64), "model.toml")


def test_a_finished_draft_is_a_card():
    text = draft("e5" * 32, ["neutrophil", "lymphocyte"], "class_names.json")
    answers = {"name": '"t"', "version": '"1"', "output": '"logits"', "size": "[8, 8]",
               "color": '"RGB"', "resize": '"stretch"', "interpolation": '"bicubic"',
               "scale": "255", "mean": "[0.0, 0.0, 0.0]", "std": "[1.0, 1.0, 1.0]"}  # fmt: skip
    for key, answer in answers.items():
        text = re.sub(rf"^{key} = (\[.*\?\?\?\]|\?\?\?)", f"{key} = {answer}", text, flags=re.M)

    card = read(text, "model.toml")

    assert isinstance(card, Card)
    assert card.classes == ("neutrophil", "lymphocyte")
    assert card.model_sha256 == "e5" * 32


TREE = """
schema_version = 1
name = "cascade"
version = "2"
[[stage]]
name = "identification"
role = "identification"
classes = ["leukocyte", "artefact"]
model = "i.pt"
refined_by = {leukocyte = "groups"}
[[stage]]
name = "groups"
role = "differentiation"
classes = ["granulocyte", "mononuclear"]
model = "g.pt"
card = "g.toml"
refined_by = {granulocyte = "granulocytes", mononuclear = "mononuclear-cells"}
[[stage]]
name = "granulocytes"
role = "differentiation"
classes = ["neutrophil", "eosinophil", "basophil"]
one_vs_all = "normalised"
models = {neutrophil = "n.pt", eosinophil = "e.pt", basophil = "b.pt"}
abstain_below = 0.2
[[stage]]
name = "mononuclear-cells"
role = "differentiation"
classes = ["lymphocyte", "monocyte"]
one_vs_all = "calibrated"
calibration = "scores.csv"
models = {lymphocyte = "l.pt", monocyte = "m.pt"}
"""


def test_stages_form_a_tree_with_its_root_first():
    stages = TREE.split("[[stage]]")
    turned = "[[stage]]".join([stages[0], *stages[:0:-1]])

    for text in (TREE, turned):
        found = read(text, "cascade.toml")
        assert isinstance(found, Composition)
        assert found.stages[0].name == "identification"
        assert {s.name for s in found.stages} == {
            "identification", "groups", "granulocytes", "mononuclear-cells",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('leukocyte = "groups"}', 'leukocyte = "nowhere"}', "there is no stage 'nowhere'"),
        ('{leukocyte = "groups"}', '{white = "groups"}', "names 'white'"),
        ('refined_by = {leukocyte = "groups"}', "", "the first stage is not clear"),
        ('mononuclear = "mononuclear-cells"}', 'mononuclear = "granulocytes"}', "refines two"),
        ('"lymphocyte", "monocyte"]', '"lymphocyte", "monocyte", "artefact"]', "names ["),
        ('name = "groups"', 'name = "the_groups"', "letters, digits and hyphens"),
        ('name = "groups"', 'name = "identification"', "stands twice"),
        (
            'name = "granulocytes"',
            'name = "band"',
            "names 'band neutrophil'",
        ),
        ('role = "identification"', 'role = "first"', "one of: identification"),
        ('role = "identification"', "", "'role': is missing"),
        ('model = "i.pt"', "", "'model': is missing"),
        ('one_vs_all = "normalised"', "", "is missing"),
        ('one_vs_all = "normalised"', 'one_vs_all = "sum"', "one of: maximum"),
        (', basophil = "b.pt"', "", "one for each of"),
        ('calibration = "scores.csv"', "", "goes with one_vs_all"),
        ('version = "2"', 'version = "2"\n[input]\nsize = [1, 1]', "is not a key of a model card"),
        ('["leukocyte", "artefact"]', '["leukocyte"]', "between two or more"),
    ],
)
def test_what_is_no_tree_is_refused(old, new, says):
    assert old in TREE

    with pytest.raises(InputError, match=re.escape(says)):
        read(TREE.replace(old, new, 1), "cascade.toml")


def test_a_class_is_decided_once():
    text = TREE.replace('"eosinophil", "basophil"]', '"eosinophil", "artefact"]')
    text = text.replace('basophil = "b.pt"', 'artefact = "b.pt"')

    with pytest.raises(InputError, match="two stages decide 'artefact'"):
        read(text, "cascade.toml")


def test_stages_in_a_circle_are_refused():
    ring = (
        TREE
        + """
[[stage]]
name = "a"
role = "differentiation"
classes = ["x", "y"]
model = "a.pt"
refined_by = {x = "b"}
[[stage]]
name = "b"
role = "differentiation"
classes = ["v", "w"]
model = "b.pt"
refined_by = {v = "a"}
"""
    )
    with pytest.raises(InputError, match="in a circle"):
        read(ring, "cascade.toml")


WHOLE = CARD.replace("255", "1").replace("[0.0, 0.5, 0]", "[0.0, 0.0, 0.0]").replace(
    "[1.0, 1, 0.25]", "[1.0, 1.0, 1.0]"
)  # fmt: skip


def test_axes_type_and_output_are_as_before_unless_they_are_stated():
    plain = read(WHOLE, "model.toml")
    stated = read(
        WHOLE.replace("[input]", 'output_name = "y"\n[input]\nlayout = "NHWC"\ndtype = "uint8"'),
        "model.toml",
    )

    assert (plain.input.layout, plain.input.dtype, plain.output_name) == ("NCHW", "float32", None)
    assert (stated.input.layout, stated.input.dtype, stated.output_name) == ("NHWC", "uint8", "y")


@pytest.mark.parametrize("dtype", ["uint8", "int64"])
def test_whole_numbers_are_never_cut_off(dtype):
    line = f'dtype = "{dtype}"'
    with pytest.raises(InputError, match="has fractions") as refused:
        read(CARD.replace("[input]", f"[input]\n{line}"), "model.toml")
    with pytest.raises(InputError, match="mean of planes has fractions"):
        read(WHOLE.replace("[input]", f'[input]\n{line}\nplanes = ["a", "b"]\ncombine = "mean"'),
             "model.toml")  # fmt: skip

    text = CARD.replace("[input]", f"[input]\n{line}")
    for key, value in re.findall(r"(scale|mean|std) = (\[.*?\]|\d+)", refused.value.advice):
        text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.M)
    assert read(text, "model.toml").input.dtype == dtype


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('layout = "CHWN"', "one of NCHW, NHWC"),
        ('dtype = "bfloat16"', "one of float32, uint8, int64, float64, float16"),
    ],
)
def test_other_axes_and_types_are_refused(line, says):
    with pytest.raises(InputError, match=says):
        read(WHOLE.replace("[input]", f"[input]\n{line}"), "model.toml")
