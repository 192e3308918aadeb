"""HSH `.rti` files: read with the signs of the field's harmonics, and written back byte for byte."""

import numpy as np
import pytest
from foreign_files import harmonics, levels, rti
from objects import DECODERS, LIGHTS
from objects import relightable as relightable_of

from fastrti import load, save
from fastrti.errors import ObjectError
from fastrti.kernels.reference import relight_reference


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.rti"


@pytest.mark.parametrize("terms", [1, 4, 9, 16])
def test_colour_is_the_sum_of_harmonics_top_row_first(path, terms):
    data, (scale, bias), pixels = rti(terms)
    path.write_bytes(data)
    relightable = load(path)
    coefficients = pixels / 255 * scale.astype(np.float64) + bias
    for light_dir in LIGHTS:
        wanted = levels(coefficients @ harmonics(light_dir)[:terms])
        assert np.abs(relight_reference(relightable, light_dir).astype(int) - wanted).max() <= 1


@pytest.mark.parametrize(("end", "comments"), [("\n", ""), ("\n", "# by hand\n#\n"), ("\r\n", "# by hand\r\n")])
def test_line_ends_and_comments(path, end, comments):
    path.write_bytes(rti()[0])
    wanted = load(path)
    path.write_bytes(rti(end=end, comments=comments)[0])
    assert np.array_equal(load(path).planes, wanted.planes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\n3\r", b"\n1\r", "expected 3 for hemispherical harmonics in the header, got '1'"),
        (b"9 2 1", b"8 2 1", "got 8 terms, 3 channels, basis type 2, 1 bytes"),
        (b"9 2 1", b"9 1 1", "got 9 terms, 3 channels, basis type 1, 1 bytes"),
        (b"9 2 1", b"9 2 2", "got 9 terms, 3 channels, basis type 2, 2 bytes"),
        (b"5 4 3", b"5 4 1", "got 9 terms, 1 channels, basis type 2, 1 bytes"),
        (b"5 4 3", b"5 40000000 3", "expected width, height and channels, 3 whole numbers from 1 to 1048576"),
    ],
)
def test_other_kinds_are_refused(path, old, new, message):
    path.write_bytes(rti()[0].replace(old, new, 1))
    with pytest.raises(ObjectError, match=message):
        load(path)


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_file_is_written_back_with_its_bytes(path, tmp_path):
    data, numbers, pixels = rti(end="\n")
    rising = np.abs(numbers[0]), numbers[1]  # a scale that falls is written as one that rises
    header = data[: -numbers.nbytes - pixels.nbytes]
    path.write_bytes(header + np.stack(rising).tobytes() + pixels.tobytes())
    save(load(path), tmp_path / "again.rti", "rti")
    assert (tmp_path / "again.rti").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", ["hsh4", "hsh9", "hsh16"])
def test_objects_with_ranges_of_their_own_change_by_the_rounding_only(path, name):
    relightable = relightable_of(name)
    save(relightable, path, "rti")
    read = load(path)
    for light_dir in LIGHTS:
        before, after = (relight_reference(r, light_dir).astype(float) for r in (relightable, read))
        assert np.sqrt(((after - before) ** 2).mean()) <= 1
        assert np.abs(after - before).max() <= 4  # each of up to 16 terms is rounded anew


@pytest.mark.parametrize("name", sorted(set(DECODERS) - {"hsh4", "hsh9", "hsh16"}))
def test_other_decoders_are_refused(path, name):
    with pytest.raises(ObjectError, match=r"expected an object with an HSH decoder for an \.rti file, got"):
        save(relightable_of(name), path, "rti")
    assert not path.exists()


# --- a real file -----------------------------------------------------------------------------------------------------


def test_a_real_file_is_upright_green_and_lit_from_where_the_light_is(shared_data):
    relightable = load(shared_data / "formats/rti_hsh_vase/vase.rti")
    relight = lambda *light_dir: relight_reference(relightable, light_dir).astype(float)  # noqa: E731
    frontal = relight(0, 0)
    assert frontal.shape == (470, 320, 3)
    red, green, blue = frontal[100:400, 100:220].mean((0, 1))
    assert green > blue > red
    widths = (frontal[..., 1] > 60).sum(1)
    assert widths[:120].mean() < widths[180:300].mean()  # the neck is narrower than the belly
    side = slice(250, 350), slice(40, 80)
    assert relight(-0.7, 0)[side].mean() > 2 * relight(0.7, 0)[side].mean()
    shoulder = slice(180, 210), slice(100, 220)  # faces up
    assert relight(0, 0.7)[shoulder].mean() > 1.3 * relight(0, -0.7)[shoulder].mean()
