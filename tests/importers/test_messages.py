"""Messages: ASTM, HL7 v2, FHIR. Expected values are what a person reads in the lines."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wbcval.door import tables
from wbcval.door.tables import Checked, _sources
from wbcval.door.tables._types import ReadOptions
from wbcval.values.errors import InputError

Read = Callable[..., Checked]
FIVE = ("NEUT", "LYMPH", "MONO", "EO", "BASO")


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reader(text: str | bytes, **options: object) -> Checked:
        path = tmp_path / "message.txt"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return tables.read(path, "reference", ReadOptions(**options))  # type: ignore[arg-type]

    return reader


def rules(checked: Checked) -> list[str]:
    return [finding.rule for finding in checked.findings]


def values(checked: Checked) -> dict[str, dict[str, float]]:
    """Sample → measurand → its value, where it has one."""
    if checked.frame.empty:
        return {}
    rows = checked.frame.set_index("sample_id")[list(checked.measurands)].to_dict("index")
    return {
        str(name): {str(m): v for m, v in row.items() if not math.isnan(v)}
        for name, row in rows.items()
    }


def hl7(*results: str, order: str = "OBR|1|P1|S1|CBC", head: str = "", end: str = "\r") -> str:
    first = head or "MSH|^~\\&|LAB|H|||20260901||ORU^R01|1|P|2.5"
    return end.join([first, "PID|1||77^^^H||DOE^JANE||19500101|F", order, *results, ""])


def obx(name: str, value: str, unit: str = "%", *, flag: str = "", status: str = "F") -> str:
    return f"OBX|1|NM|{name}||{value}|{unit}||{flag}|||{status}|||20260901081500"


def astm(*results: str, specimen: str = "S1", action: str = "N", sender: str = "LAB-5") -> str:
    lines = [
        rf"H|\^&|||{sender}^1.0|||||||P|E1394-97",
        "P|1||77||DOE^JANE||19500101|F",
        f"O|1|{specimen}||^^^^WBC||20260901081500|||||{action}",
        *results,
        "L|1|N",
    ]
    return "\r".join(lines) + "\r"


def r(name: str, value: str, unit: str = "%", flag: str = "N", status: str = "F") -> str:
    return f"R|1|^^^^{name}^1|{value}|{unit}||{flag}||{status}||||20260901081500"


def observation(code: str, value: object, unit: str = "%", **more: object) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "specimen": {"identifier": {"value": "S1"}},
        "valueQuantity": {"value": value, "unit": unit},
        **more,
    }


SAMPLES = {
    "astm_handmade_cbc.astm": {"SAMPLE-2025-0001": {"WBC": 5.8}},
    "astm_handmade_unit_mismatch.astm": {"SAMPLE-2025-0008": {"WBC": 6.5}},
    "astm_sysmex_xn350_low_reliability.txt": {
        "5411330421": {
            "WBC": 9.24, "NEUT%": 52.9, "LYMPH%": 38.0, "MONO%": 7.5, "EO%": 0.8, "BASO%": 0.8,
            "NEUT#": 4.90, "LYMPH#": 3.51, "MONO#": 0.69, "EO#": 0.07, "BASO#": 0.07,
        }
    },
    "astm_sysmex_xn550.txt": {
        "27": {
            "WBC": 8.13, "NEUT%": 57.4, "LYMPH%": 12.8, "MONO%": 7.3, "EO%": 22.1, "BASO%": 0.4,
            "NEUT#": 4.67, "LYMPH#": 1.04, "MONO#": 0.59, "EO#": 1.80, "BASO#": 0.03,
        }
    },
    "hl7_local_plus_loinc.hl7": {
        "12376": {
            "WBC": 7.0, "NEUT%": 68, "LYMPH%": 20, "MONO%": 16, "EO%": 3, "BASO%": 0,
        }
    },
    "hl7_masked_values.hl7": {"180307003": {"WBC": 0.0}},
    "hl7_mindray_cbc.hl7": {"FILLER456": {"WBC": 7.5}},
    "fhir_observation_leukocytes.json": {"specimen-example-whole-blood": {"WBC": 10.0}},
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_files_of_instruments_hold_what_a_person_reads_in_them(shared: Path, name: str) -> None:
    checked = tables.read(shared / "lab" / "samples" / name, "reference")

    assert values(checked) == SAMPLES[name]
    assert "Brown" not in str(checked)
    assert "DOE" not in str(checked)


def test_an_export_of_fragments_is_read_by_its_segments(shared: Path) -> None:
    path = shared / "data" / "analyzer_exports" / "sysmex_XT-4000i_hl7like.txt"

    checked = tables.read(path, "reference")

    assert values(checked) == {"8927": {"WBC": 6.01}}
    assert "unit-unstated" in rules(checked)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_line_ends_change_nothing(read: Read, end: str) -> None:
    checked = read(hl7(obx("NEUT%", "61.2"), obx("LYMPH%", "28.0"), end=end))

    assert values(checked) == {"S1": {"NEUT%": 61.2, "LYMPH%": 28.0}}


def test_bytes_of_the_line_are_taken_off(read: Read) -> None:
    text = hl7(obx("WBC", "6.1", "10*9/L"))

    assert values(read("\x0b" + text + "\x1c\r")) == values(read(text)) == {"S1": {"WBC": 6.1}}


def framed(text: str, *, spoil: bool = False, size: int = 60) -> bytes:
    """As over a serial line: frames with a number and a checksum, cut anywhere (LIS1-A)."""
    parts = [text[i : i + size] for i in range(0, len(text), size)]
    found = b"\x05"
    for i, part in enumerate(parts):
        body = f"{(i + 1) % 8}{part}".encode() + (b"\x03" if i + 1 == len(parts) else b"\x17")
        total = (sum(body) + (1 if spoil and i == 1 else 0)) % 256
        found += b"\x02" + body + f"{total:02X}\r\n".encode()
    return found + b"\x04"


@given(size=st.integers(7, 240))
@settings(max_examples=25)
def test_frames_cut_anywhere_are_put_together(
    size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = astm(r("WBC", "8.13", "10*3/uL"), r("NEUT%", "57.4"), r("LYMPH%", "12.8", flag="L"))
    path = tmp_path_factory.mktemp("frames") / "capture.txt"
    path.write_bytes(framed(text, size=size))

    checked = tables.read(path, "reference")

    assert values(checked) == {"S1": {"WBC": 8.13, "NEUT%": 57.4, "LYMPH%": 12.8}}
    assert "frame-checksum" not in rules(checked)


def test_a_damaged_frame_is_said(read: Read) -> None:
    checked = read(framed(astm(r("WBC", "8.13", "10*3/uL")), spoil=True))

    assert "frame-checksum" in rules(checked)


@pytest.mark.parametrize(
    "text",
    [
        hl7(obx("WBC", "7.25", "10*9/L"), obx("770-8^Neutrophils^LN", "61.2"),
            "OBX|3|NM|736-9^Lymphs^LN||28.25|%|||||F"),
        astm(r("WBC", "7.25", "10*3/uL"), r("NEUT%", "61.2"), r("LYMPH%", "28.25")),
        json.dumps([observation("6690-2", 7.25, "10*3/uL"), observation("770-8", 61.2)]),
    ],
    ids=["hl7", "astm", "fhir"],
)  # fmt: skip
def test_a_file_cut_anywhere_holds_no_other_value(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cut.txt"
    path.write_text(text)
    whole = values(tables.read(path, "reference"))

    for n in range(len(text)):
        path.write_bytes(text.encode()[:n])
        try:
            found = values(tables.read(path, "reference"))
        except InputError:
            continue
        assert all(row.items() <= whole[name].items() for name, row in found.items())


def test_a_message_without_its_end_is_said(read: Read) -> None:
    text = astm(r("WBC", "7.25", "10*3/uL"))

    assert "message-cut" in rules(read(text.removesuffix("L|1|N\r")))
    assert "message-cut" not in rules(read(text))


def test_a_batch_that_holds_fewer_messages_than_it_says_is_said(read: Read) -> None:
    one = hl7(obx("WBC", "7.25", "10*9/L"))

    assert "message-cut" in rules(read(f"BHS|^~\\&\r{one}BTS|2\r"))
    assert "message-cut" not in rules(read(f"BHS|^~\\&\r{one}BTS|1\r"))


def test_an_order_without_a_result_is_said(read: Read) -> None:
    checked = read(hl7(obx("WBC", "7.25", "10*9/L")) + hl7(order="OBR|1||S2|CBC"))

    assert "message-empty" in rules(checked)
    with pytest.raises(InputError, match="no result"):
        read(hl7())


@pytest.mark.parametrize("status", ["W", "D"])
def test_what_is_taken_back_later_is_no_result(read: Read, status: str) -> None:
    first = hl7(obx("WBC", "7.25", "10*9/L"), obx("NEUT%", "61.2"))

    checked = read(first + hl7(obx("WBC", "7.25", "10*9/L", status=status)))

    assert values(checked) == {"S1": {"NEUT%": 61.2}}


def test_a_correction_counts_and_the_first_result_is_listed(read: Read) -> None:
    checked = read(
        hl7(obx("WBC", "7.25", "10*9/L")) + hl7(obx("WBC", "9.10", "10*9/L", status="C"))
    )

    assert values(checked) == {"S1": {"WBC": 9.10}}
    assert checked.superseded["WBC"] == {"S1"}


@pytest.mark.parametrize("status", ["P", "X"])
def test_what_is_not_final_is_no_result(read: Read, status: str) -> None:
    checked = read(hl7(obx("WBC", "7.25", "10*9/L", status=status), obx("NEUT%", "61.2")))

    assert values(checked) == {"S1": {"NEUT%": 61.2}}
    assert "marked-invalid" in rules(checked)


def test_values_of_one_analysis_stay_together(read: Read) -> None:
    """The first analysis lacks what the second one has; neither is mixed with the other."""
    checked = read(
        hl7(obx("WBC", "7.25", "10*9/L"), obx("NEUT%", "****"))
        + hl7(obx("WBC", "9.10", "10*9/L"), obx("NEUT%", "44.4")),
        duplicates="first",
    )

    assert values(checked) == {"S1": {"WBC": 7.25, "NEUT%": 44.4}}
    superseded = [entry for entry in checked.log if entry.rule == "superseded"]
    assert {entry.row for entry in superseded} == {"9", "10"}
    assert all("of this one NEUT%" in entry.reason for entry in superseded)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (astm(r("WBC", "6", "10*3/uL"), action="Q"), {}),
        (astm(r("WBC", "6", "10*3/uL"), specimen="QC-1234"), {}),
        (hl7(obx("WBC", "6", "10*9/L"), "SPM|1|S1|||||||||Q"), {}),
        (hl7(obx("WBC", "6", "10*9/L"), "SPM|1|S1|||||||||P"), {"S1": {"WBC": 6.0}}),
        (hl7(obx("WBC", "6", "10*9/L"), head="MSH|^~\\&|A|B|||2026||ORU^R01|1|T|2.5"), {}),
        (hl7(obx("WBC", "6", "10*9/L"), order="OBR|1||S1|00003^LJ QCR^99MRC"), {}),
        (hl7(obx("WBC", "6", "10*9/L"), "SPM|1|S1||CSF^Cerebrospinal fluid"), {}),
        (hl7(obx("WBC", "6", "10*9/L"), "SPM|1|S1||WB^Whole blood"), {"S1": {"WBC": 6.0}}),
        (hl7(obx("WBC", "6", "10*9/L"), order="OBR|1||S1|CELLS^Cell count|||||||||||PLR"), {}),
        (hl7(obx("WBC", "6", "10*9/L"), order="OBR|1||S1|ASCF^Ascitic fluid cells"), {}),
        (astm(r("WBC", "6", "10*3/uL"), action="N||||Synovial fluid"), {}),
        (astm(r("WBC", "6", "10*3/uL"), action="N||||BLOOD"), {"S1": {"WBC": 6.0}}),
        (hl7(obx("WBC", "6", "10*9/L"), head="MSH|^~\\&|A|B|||2026||ORU^R01|1|P|2.3.1||||2"), {}),
    ],
)
def test_controls_are_no_samples(read: Read, text: str, kept: object) -> None:
    checked = read(text)

    assert values(checked) == kept
    if not kept:
        assert "not-a-sample" in rules(checked)


@pytest.mark.parametrize(
    ("order", "more", "sample_id"),
    [
        ("OBR|1|P1|S1|CBC", (), "S1"),
        ("OBR|1|P1||CBC", (), "P1"),
        ("OBR|1|P1|S1|CBC", ("SPM|1|T7&LAB^F9",), "T7"),
        ("OBR|1|^|S1^LAB^L|CBC", (), "S1"),
    ],
)
def test_the_id_is_the_specimen_s_else_the_order_s(
    read: Read, order: str, more: tuple[str, ...], sample_id: str
) -> None:
    assert [*values(read(hl7(obx("WBC", "6", "10*9/L"), *more, order=order)))] == [sample_id]


def test_the_protocol_may_name_another_field_as_the_id(read: Read) -> None:
    text = hl7(obx("WBC", "6", "10*9/L"))

    assert [*values(read(text, columns={"sample_id": "OBR-2"}))] == ["P1"]


def test_specimens_before_their_orders_are_their_own(read: Read) -> None:
    head = "MSH|^~\\&|A|B|||2026||OUL^R22|1|P|2.5"
    text = "\r".join(
        [head, "SPM|1|T1", "OBR|1", obx("WBC", "6.1", "10*9/L"), "SPM|2|T2", "OBR|2",
         obx("WBC", "7.2", "10*9/L"), ""]
    )  # fmt: skip

    assert values(read(text)) == {"T1": {"WBC": 6.1}, "T2": {"WBC": 7.2}}


@pytest.mark.parametrize(
    ("unit", "value"),
    [("10\\S\\3/µl", 7.25), ("10*3/uL^thousands^UCUM", 7.25), ("10^3/uL", 7.25), ("/uL", 0.00725)],
)
def test_units_as_messages_spell_them(read: Read, unit: str, value: float) -> None:
    assert values(read(hl7(obx("WBC", "7.25", unit)))) == {"S1": {"WBC": pytest.approx(value)}}


@pytest.mark.parametrize("text", ["<^0.1", "<0.1"])
def test_a_bound_is_no_number(read: Read, text: str) -> None:
    line = f"OBX|1|SN|770-8^NEUT^LN||{text}|%|||||F"

    checked = read(hl7(obx("WBC", "6", "10*9/L"), line))

    assert values(checked) == {"S1": {"WBC": 6.0}}
    assert "censored" in rules(checked)


def test_a_code_and_a_name_of_two_cells_are_refused(read: Read) -> None:
    checked = read(hl7(obx("736-9^Neutrophils^LN", "61.2")))

    assert "code-name" in rules(checked)
    assert checked.frame.empty


def test_a_code_of_another_specimen_is_not_read_by_its_name(read: Read) -> None:
    """26465-5 are leukocytes in cerebrospinal fluid."""
    checked = read(hl7(obx("26465-5^WBC^LN", "3", "10*6/L"), obx("770-8^NEUT^LN", "61.2")))

    assert values(checked) == {"S1": {"NEUT%": 61.2}}
    assert "code-unknown" in rules(checked)


def test_a_line_that_is_no_segment_is_said(read: Read) -> None:
    checked = read(hl7(obx("WBC", "6", "10*9/L"), "0.5|x", "a comment over two lines"))

    (finding,) = [f for f in checked.findings if f.rule == "line-unread"]
    assert finding.rows == 2


def test_every_line_stands_in_the_log(read: Read) -> None:
    text = astm(r("WBC", "8.1", "10*3/uL"), r("HGB", "14", "g/dL"), "C|1||DOE", "junk")

    rows = set()
    for entry in read(text).log:
        first, _, last = entry.row.partition("-")
        rows |= {*range(int(first), int(last or first) + 1)}

    assert rows == {*range(1, len(text.split("\r")))}


def test_flags_stand_beside_the_values(read: Read) -> None:
    checked = read(astm(r("NEUT%", "57.4", flag="W"), r("LYMPH%", "12.8", flag="N")))

    assert checked.frame["flags"].tolist() == ["NEUT%:W"]


def test_neutrophils_of_a_sysmex_hold_their_immature_forms(read: Read) -> None:
    lines = (r("NEUT%", "57.4"), r("LYMPH%", "40.0"), r("IG%", "2.1"))

    assert read(astm(*lines, sender="    XN-550^00-24")).dialect == "sysmex-messages"
    assert read(astm(*lines, sender="LAB")).dialect == "astm"


def test_a_model_may_send_its_results_and_a_sysmex_may_not_be_one(tmp_path: Path) -> None:
    path = tmp_path / "counts.hl7"
    path.write_text(hl7(obx("WBC", "6", "10*9/L")))
    assert "swapped-files" not in rules(tables.read(path, "predictions"))

    path.write_text(astm(r("WBC", "6", "10*3/uL"), sender="XN-1000^1"))
    assert "swapped-files" in rules(tables.read(path, "predictions"))


def test_resources_in_every_packing_are_the_same(read: Read) -> None:
    resources = [observation("6690-2", 7.1, "10*3/uL"), observation("770-8", 61.2)]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}
    component = {
        "resourceType": "Observation", "status": "final",
        "specimen": {"identifier": {"value": "S1"}},
        "component": [{k: one[k] for k in ("code", "valueQuantity")} for one in resources],
    }  # fmt: skip
    want = {"S1": {"WBC": 7.1, "NEUT%": 61.2}}

    for text in (
        json.dumps(resources),
        json.dumps(bundle),
        "\n".join(map(json.dumps, resources)),
        json.dumps(component),
    ):
        assert values(read(text)) == want


def test_decimals_of_a_resource_are_kept_as_written(read: Read) -> None:
    text = json.dumps([observation("770-8", "@")]).replace('"@"', "61.20")

    assert read(text).resolution["NEUT%"] == 0.01


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"status": "entered-in-error"}, "marked-invalid"),
        ({"status": "preliminary"}, "marked-invalid"),
        ({"valueQuantity": {"value": 0.1, "comparator": "<", "unit": "%"}}, "censored"),
        ({"valueQuantity": {"value": 1, "comparator": "~", "unit": "%"}}, "not-a-number"),
        ({"valueQuantity": {}, "dataAbsentReason": {"text": "clotted"}}, "missing"),
    ],
)
def test_what_a_resource_takes_back_is_no_result(
    read: Read, more: dict[str, object], rule: str
) -> None:
    checked = read(
        json.dumps([observation("6690-2", 7.1, "10*3/uL"), observation("770-8", 61, **more)])
    )

    assert values(checked) == {"S1": {"WBC": 7.1}}
    assert rule in rules(checked)


@pytest.mark.parametrize("kind", ["Control material", "Cerebrospinal fluid sample"])
def test_a_specimen_that_is_no_patient_s_blood_is_no_sample(read: Read, kind: str) -> None:
    specimen = {
        "resourceType": "Specimen", "id": "q", "identifier": [{"value": "L2"}],
        "type": {"text": kind},
    }  # fmt: skip
    text = json.dumps([specimen, observation("770-8", 61, specimen={"reference": "Specimen/q"})])

    assert "not-a-sample" in rules(read(text))


def test_nesting_without_end_is_refused(read: Read) -> None:
    with pytest.raises(InputError):
        read('{"resourceType": "Bundle", "entry": ' + "[" * 100_000)


def test_long_tables_keep_flags_and_dates(tmp_path: Path) -> None:
    """As of messages, so of a table with a row a result: a later date counts, not a later row."""
    path = tmp_path / "long.csv"
    path.write_text(
        "sample_id,parameter,value,unit,flag,date,time\n"
        "S1,NEUT%,61.2,%,*,2026-09-02,08:00\n"
        "S1,LYMPH%,30.0,%,----,2026-09-02,08:00\n"
        "S1,NEUT%,55.5,%,,2026-09-01,08:00\n"
    )

    checked = tables.read(path, "reference", ReadOptions(duplicates="last"))

    assert values(checked) == {"S1": {"NEUT%": 61.2}}
    assert "masked" in rules(checked)
    assert checked.frame["flags"].tolist() == ["NEUT%:*"]


NAMED = {
    "hl7 sender": hl7(obx("WBC", "7.1", "10*9/L"), head="MSH|^~\\&|{}|H|||2026||ORU^R01|1|P|2.5"),
    "hl7 device": hl7(obx("WBC", "7.1", "10*9/L") + "|||{}"),
    "astm": astm(r("WBC", "7.1", "10*3/uL"), sender="{}"),
    "fhir device": json.dumps([observation("6690-2", 7.1, "10*3/uL", device={"display": "{}"})]),
    "fhir method": json.dumps([observation("6690-2", 7.1, "10*3/uL", method={"text": "{}"})]),
}


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize(
    ("maker", "flags"), [("LeukoNet-5", {"label-of-model"}), ("Middleware", set())]
)
def test_who_sent_a_reference_is_known(
    tmp_path: Path, text: str, maker: str, flags: set[str]
) -> None:
    path = tmp_path / "reference.txt"
    path.write_text(text.replace("{}", maker))
    checked = tables.read(path, "reference")

    found = {f.rule for f in _sources.of_this_model([checked], ["LeukoNet-5"])}
    assert found == flags
    assert "label-of-model" not in rules(checked)


@pytest.mark.parametrize("text", [NAMED[name] for name in ("hl7 sender", "astm", "fhir device")])
@pytest.mark.parametrize(("maker", "told"), [("ADVIA 2120", True), ("LeukoNet-5", False)])
def test_an_analyzer_s_message_is_no_model_s(
    tmp_path: Path, text: str, maker: str, told: bool
) -> None:
    path = tmp_path / "counts.txt"
    path.write_text(text.replace("{}", maker))
    checked = tables.read(path, "predictions")

    assert bool([*_sources.of_an_analyzer([checked], ["LeukoNet-5"], "")]) is told


def test_who_signed_a_result_is_not_kept(read: Read) -> None:
    people = [{"reference": "Practitioner/1", "display": "Ronald Bone"}]
    checked = read(json.dumps([observation("6690-2", 7.1, "10*3/uL", performer=people)]))

    assert "Bone" not in repr(checked)


def test_a_model_has_no_second_answer(tmp_path: Path) -> None:
    """Twenty samples far off, sent again and right: a table with two rows of one is refused."""
    path = tmp_path / "counts.hl7"
    path.write_text(hl7(obx("WBC", "3.5", "10*9/L")) + hl7(obx("WBC", "7.1", "10*9/L")))

    assert "duplicate-id" in rules(tables.read(path, "predictions"))
    assert "superseded" in rules(tables.read(path, "reference"))
