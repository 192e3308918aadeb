"""Folders of photographs with their .lp file: what is matched, dropped, guessed, masked and refused."""

import tracemalloc

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs import mlic as mlic_module
from fastrti.photographs.lp_file import write_lp
from fastrti.photographs.mlic import Mlic
from fastrti.srgb import srgb_decode, srgb_encode

LIGHTS = np.array([[0, 0, 1], [0, 0.6, 0.8], [1, 0, 0]])
PIXELS = np.random.default_rng(0).integers(0, 256, (3, 5, 7, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """A folder of three PNG photographs and the list of them."""
    for index, pixels in enumerate(PIXELS, start=1):
        Image.fromarray(pixels).save(tmp_path / f"{index:03}.png")
    write_lp(tmp_path / "dirs.lp", ["001.png", "002.png", "003.png"], LIGHTS)
    return tmp_path


def relist(folder, *names):
    write_lp(folder / "dirs.lp", names, np.tile(LIGHTS, (2, 1))[: len(names)])


def test_photographs_lights_and_names_in_the_order_of_the_list(folder):
    relist(folder, "003.png", "001.png", "002.png")
    mlic = Mlic.load(folder)
    assert np.array_equal(mlic.photographs, PIXELS[[2, 0, 1]])
    assert np.array_equal(mlic.lights, LIGHTS)
    assert mlic.names == ("003.png", "001.png", "002.png")
    assert (len(mlic), mlic.height, mlic.width, mlic.transfer) == (3, 5, 7, "srgb")
    assert mlic.mask is None and mlic.notes == ()


def test_one_photograph_is_a_collection(folder):
    relist(folder, "002.png")
    assert np.array_equal(Mlic.load(folder).photographs, PIXELS[[1]])


@pytest.mark.parametrize(
    "names",
    [
        ("001.jpg", "002.JPG", "003.tif"),
        ("001", "002", "003"),
        (r"C:\rti\001.jpg", r"..\002.jpg", "sub folder/003.jpg"),
        ("/home/rti/001.NEF", "/home/rti/002.NEF", "/home/rti/003.NEF"),
    ],
)
def test_rows_are_matched_by_stem(folder, names):
    relist(folder, *names)
    mlic = Mlic.load(folder)
    assert np.array_equal(mlic.photographs, PIXELS) and mlic.notes == ()


def test_a_number_after_a_dot_is_part_of_the_stem(folder):
    for index in (1, 2, 3):
        (folder / f"{index:03}.png").rename(folder / f"Scan.{index:04}.png")
    relist(folder, "scan.0002", "scan.0001", "scan.0003")
    assert Mlic.load(folder).names == ("Scan.0002.png", "Scan.0001.png", "Scan.0003.png")


def test_the_exact_name_wins_over_the_stem(folder):
    Image.fromarray(PIXELS[0] // 2).save(folder / "001.tif")
    mlic = Mlic.load(folder)
    assert np.array_equal(mlic.photographs[0], PIXELS[0])
    assert mlic.notes == ("dirs.lp: pictures skipped, because the list does not name them: 001.tif",)


def test_two_pictures_of_one_stem_are_refused(folder):
    Image.fromarray(PIXELS[0]).save(folder / "001.tif")
    relist(folder, "001.jpg", "002.jpg", "003.jpg")
    with pytest.raises(CollectionError, match=r"^dirs.lp:2: expected one picture for 001.jpg, found 001.png, 001.tif:"):
        Mlic.load(folder)


def test_a_picture_listed_twice_is_refused(folder):
    relist(folder, "001.png", "002.png", "001.jpg")
    with pytest.raises(CollectionError, match=r"^dirs.lp:4: .* found 001.png also in line 2:"):
        Mlic.load(folder)


def test_rows_are_matched_by_order_when_no_name_matches(folder):
    for index, new in ((1, "b02"), (2, "b10"), (3, "a01")):
        (folder / f"{index:03}.png").rename(folder / f"{new}.png")
    Image.fromarray(PIXELS[0]).save(folder / "normals.png")
    relist(folder, "x.jpg", "y.jpg", "z.jpg")
    mlic = Mlic.load(folder)
    assert mlic.names == ("a01.png", "b02.png", "b10.png")
    assert mlic.notes == (
        "dirs.lp: no row names a picture; rows were matched by order "
        "(x.jpg is a01.png, y.jpg is b02.png, z.jpg is b10.png)",
    )


def test_no_name_and_another_count_is_refused(folder):
    relist(folder, "x.jpg", "y.jpg")
    with pytest.raises(CollectionError, match="no name of a picture, and 2 rows for 3 pictures: correct the list"):
        Mlic.load(folder)


def test_rows_without_a_picture_are_reported(folder):
    Image.fromarray(PIXELS[0]).save(folder / "normals.png")
    relist(folder, "002.png", "004.png", "003.png", "001.png")
    mlic = Mlic.load(folder)
    assert mlic.names == ("002.png", "003.png", "001.png")
    assert np.array_equal(mlic.lights, np.tile(LIGHTS, (2, 1))[[0, 2, 3]])
    assert mlic.notes == ("dirs.lp: rows skipped, because they have no picture: 004.png",)


def test_unlisted_pictures_are_reported(folder):
    relist(folder, "002.png", "003.png")
    mlic = Mlic.load(folder)
    assert mlic.names == ("002.png", "003.png")
    assert mlic.notes == ("dirs.lp: pictures skipped, because the list does not name them: 001.png",)


def test_notes_of_the_list_come_first_and_long_lists_are_cut(folder):
    for index in range(8):
        Image.fromarray(PIXELS[0]).save(folder / f"spare{index}.png")
    (folder / "dirs.lp").write_text("1\n001.png 0 0 2\n002.png 0 0 1\n")
    notes = Mlic.load(folder).notes
    assert "counts 1 lights" in notes[0] and "normalised" in notes[1]
    assert notes[2].endswith("003.png, spare0.png, spare1.png, spare2.png, spare3.png and 4 more")


def test_a_list_elsewhere_is_passed(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("lists") / "lights.lp"
    (folder / "dirs.lp").rename(other)
    with pytest.raises(
        CollectionError, match=r"expected one \.lp or \.dome file in .*, found none: pass the one to use as lp="
    ):
        Mlic.load(folder)
    assert len(Mlic.load(folder, lp=other)) == 3


def test_several_lists_are_refused_by_name(folder):
    (folder / "b.lp").write_text("")
    with pytest.raises(CollectionError, match=r"found 2: b.lp, dirs.lp: pass the one to use as lp="):
        Mlic.load(folder)
    assert len(Mlic.load(folder, lp=folder / "dirs.lp")) == 3


def test_folders_without_photographs_are_refused(tmp_path):
    with pytest.raises(CollectionError, match=r"expected photographs \(JPEG, PNG, TIFF, HEIF or raw\)"):
        Mlic.load(tmp_path)
    with pytest.raises(CollectionError, match=r"expected a folder of photographs, got No such file"):
        Mlic.load(tmp_path / "none")


def test_the_odd_size_is_named(folder):
    Image.fromarray(PIXELS[1][:4]).save(folder / "002.png")
    with pytest.raises(CollectionError, match=r"^002.png: expected the size of 001.png, 7×5, found 7×4"):
        Mlic.load(folder)


def test_mixed_depths_are_refused(folder):
    (folder / "003.png").write_bytes(imagecodecs.png_encode(PIXELS[2].astype(np.uint16)))
    with pytest.raises(CollectionError, match=r"^003.png: expected the depth of 001.png, 8 bits, found 16 bits"):
        Mlic.load(folder)


def test_a_damaged_picture_is_named(folder):
    data = (folder / "002.png").read_bytes()
    (folder / "002.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(CollectionError, match=r"^002.png: expected a whole picture"):
        Mlic.load(folder)


def test_a_collection_larger_than_memory_is_refused(folder, monkeypatch):
    def no_memory(shape, dtype):
        raise MemoryError

    monkeypatch.setattr(mlic_module.np, "empty", no_memory)
    with pytest.raises(CollectionError, match=r"expected memory for 3 photographs \(0.0 GB\), found less"):
        Mlic.load(folder)


def test_photographs_are_held_once(tmp_path):
    count, side = 40, 150
    for index in range(count):
        Image.new("RGB", (side, side), (index, 0, 0)).save(tmp_path / f"{index}.png")
    write_lp(tmp_path / "dirs.lp", [f"{index}.png" for index in range(count)], np.tile(LIGHTS[0], (count, 1)))
    tracemalloc.start()
    mlic = Mlic.load(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.25 * mlic.photographs.nbytes  # a few photographs in flight


def test_the_mask_is_where_every_photograph_is_opaque(folder):
    alpha = np.full((3, 5, 7, 1), 255, np.uint8)
    alpha[0, 1, 2], alpha[2, 4, 6] = 0, 127
    for index, pixels in enumerate(np.concatenate([PIXELS, alpha], axis=3), start=1):
        Image.fromarray(pixels).save(folder / f"{index:03}.png")
    mlic = Mlic.load(folder)
    assert mlic.photographs.shape == (3, 5, 7, 3)
    assert np.argwhere(~mlic.mask).tolist() == [[1, 2], [4, 6]]


def test_mask_png_and_alpha_are_intersected(folder):
    drawn = np.full((5, 7), 255, np.uint8)
    drawn[0] = 0
    Image.fromarray(drawn).save(folder / "mask.png")
    assert np.argwhere(~Mlic.load(folder).mask).tolist() == [[0, column] for column in range(7)]
    alpha = np.full((5, 7, 1), 255, np.uint8)
    alpha[4, 6] = 0
    Image.fromarray(np.concatenate([PIXELS[0], alpha], axis=2)).save(folder / "001.png")
    mlic = Mlic.load(folder)
    assert (~mlic.mask).sum() == 8 and not mlic.mask[4, 6]
    assert mlic.notes == ()


def test_a_mask_that_hides_nothing_is_none(folder):
    Image.new("L", (7, 5), 255).save(folder / "mask.png")
    assert Mlic.load(folder).mask is None


def test_masks_that_do_not_fit_are_refused(folder):
    Image.new("L", (5, 7), 255).save(folder / "mask.png")
    with pytest.raises(CollectionError, match=r"^mask.png: expected the photographs' size, 7×5, found 5×7"):
        Mlic.load(folder)
    Image.new("L", (7, 5), 0).save(folder / "mask.png")
    with pytest.raises(CollectionError, match="it masks out everything"):
        Mlic.load(folder)


def test_subset_keeps_what_belongs_together(folder):
    mlic = Mlic.load(folder)
    part = mlic.subset([2, 0])
    assert np.array_equal(part.photographs, PIXELS[[2, 0]]) and np.array_equal(part.lights, LIGHTS[[2, 0]])
    assert part.names == ("003.png", "001.png")
    for wrong in ([], [3], [-4]):
        with pytest.raises(ArgumentError, match="indices of 3 photographs"):
            mlic.subset(wrong)


def test_srgb_samples_are_encoded_as_they_are(folder):
    mlic = Mlic.load(folder)
    encoded = mlic.encoded(mlic.photographs)
    assert encoded.dtype == np.float32
    assert np.array_equal(encoded, (PIXELS / 255).astype(np.float32))
    assert np.array_equal(mlic.picture(1), PIXELS[1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_linear_samples_get_the_srgb_transfer_function(dtype):
    top = np.iinfo(dtype).max
    samples = np.linspace(0, top, 24).astype(dtype).reshape(1, 2, 4, 3)
    mlic = Mlic(samples, LIGHTS[:1], ("a.png",), transfer="linear")
    wanted = [12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055 for v in samples.ravel() / top]
    assert np.abs(mlic.encoded(samples).ravel() - wanted).max() < 1e-6
    assert np.array_equal(mlic.picture(0).ravel(), np.rint(np.array(wanted) * 255))


def test_16_bit_srgb_pictures_are_rounded():
    samples = np.array([0, 128, 129, 257 * 77 + 128, 65535, 65535], np.uint16).reshape(1, 1, 2, 3)
    mlic = Mlic(samples, LIGHTS[:1], ("a.png",))
    assert mlic.picture(0).ravel().tolist() == [0, 0, 1, 77, 255, 255]


def test_srgb_decode_undoes_srgb_encode():
    linear = np.linspace(0, 1, 1001)
    assert srgb_decode(srgb_encode(linear)) == pytest.approx(linear, abs=1e-6)


def test_srgb_encode_meets_its_ends():
    assert srgb_encode(np.array([0.0, 1.0])) == pytest.approx([0, 1])
    below, above = srgb_encode(np.array([0.0031308, 0.0031309]))
    assert 0 < above - below < 1e-5


def test_an_unknown_transfer_is_refused(folder):
    with pytest.raises(ArgumentError, match="expected transfer 'srgb' or 'linear', got 'gamma'"):
        Mlic.load(folder, transfer="gamma")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("item", "shape", "notes"),
    [
        ("synthrti/Multi/Object2/material5/Dome", (49, 320, 320, 3), []),
        ("synthrti/Multi/Object2/material5/Test", (20, 320, 320, 3), []),
        ("realrti/item1", (60, 439, 487, 3), []),
        ("realrti/item3", (72, 395, 402, 3), []),
        ("realrti/item7", (48, 310, 310, 3), ["below the horizon"]),
        ("realrti/item8", (48, 301, 362, 3), ["normalised"]),
        ("realrti/item10", (48, 335, 332, 3), []),
        ("realrti/item11", (54, 534, 567, 3), ["normalised"]),
        ("diligent_harvest", (96, 227, 381, 3), ["normal_gt.png"]),
    ],
)
def test_real_collections(shared_data, item, shape, notes):
    mlic = Mlic.load(shared_data / item)
    assert mlic.photographs.shape == shape and mlic.photographs.dtype == np.uint8
    assert np.linalg.norm(mlic.lights, axis=1) == pytest.approx(1)
    assert len(mlic.notes) == len(notes) and all(part in note for part, note in zip(notes, mlic.notes))
    assert (mlic.mask is not None) == (item == "diligent_harvest")


def test_real_linear_16_bit_photographs(shared_data):
    harvest = shared_data / "diligent_harvest"
    mlic = Mlic.load(harvest / "linear16", lp=harvest / "lights.lp", transfer="linear")
    assert mlic.photographs.shape == (24, 227, 381, 3) and mlic.photographs.dtype == np.uint16
    assert len(np.unique(mlic.photographs[0])) > 256  # not an 8-bit reading stretched to 16
    assert mlic.names[:2] == ("001.png", "005.png")
    assert mlic.notes == (
        "lights.lp: rows skipped, because they have no picture: "
        "002.jpg, 003.jpg, 004.jpg, 006.jpg, 007.jpg and 67 more",
    )
