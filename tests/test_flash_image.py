"""The part of `presscue flash` that esptool does: images and partition tables are checked, and only what differs is
written, by esptool's own code onto a chip in memory."""

import hashlib
import importlib
import struct
from io import BytesIO
from pathlib import Path

import pytest
from esptool.bin_image import ESP32FirmwareImage
from esptool.targets import ESP32ROM, ESP32S3ROM
from hypothesis import given
from hypothesis import strategies as st

from presscue.commands.flash import flash as command
from presscue.errors import FlashError, UsageError
from presscue.flash import chip as chips
from presscue.flash.image import BOOT_AT, for_flash_of, read_image
from presscue.flash.partitions import LOGS, TABLE_AT, TABLE_BYTES, Partition, Table, read_table, with_logs, write_table

MB = 1 << 20
NUMBERS = {"esp32": 0, "esp32s3": 9}
RAM = {"esp32": 0x3FFB0000, "esp32s3": 0x3FC90000}
GENERIC = Table(
    (
        Partition("nvs", 1, 0x02, 0x9000, 0x6000),
        Partition("phy_init", 1, 0x01, 0xF000, 0x1000),
        Partition("factory", 0, 0x00, 0x10000, 0x1F0000),
        Partition("vfs", 1, 0x81, 0x200000, 0x200000),
    )
)
"""The layout of MicroPython's image for any board with an ESP32 and 4 MB."""


def program(chip: str, size: int, seed: int = 0) -> bytes:
    """A program as the boot ROM takes it (ESP-IDF, "App Image Format"): header, one segment, checksum, hash."""
    body = bytes((i * 7 + seed) & 0xFF for i in range(size))
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x2F, 0x40080000)
    extended = struct.pack("<BBBBHBHH4xB", 0xEE, 0, 0, 0, NUMBERS[chip], 0, 0, 0xFFFF, 1)
    data = head + extended + struct.pack("<II", RAM[chip], size) + body
    checksum = 0xEF
    for byte in body:
        checksum ^= byte
    data += bytes(15 - len(data) % 16) + bytes([checksum])
    return data + hashlib.sha256(data).digest()


def firmware(chip: str = "esp32", table: Table = GENERIC, app_bytes: int = 40_000, seed: int = 0) -> bytes:
    """A whole image as micropython.org has them."""
    at = BOOT_AT[chip]
    out = bytearray(b"\xff" * (0x10000 - at))
    for offset, part in ((at, program(chip, 9_000)), (TABLE_AT, write_table(table))):
        out[offset - at : offset - at + len(part)] = part
    return bytes(out) + program(chip, app_bytes, seed) + b"\xff" * 100


@pytest.fixture
def image_file(tmp_path: Path) -> Path:
    path = tmp_path / "firmware.bin"
    path.write_bytes(firmware())
    return path


class Chip(ESP32ROM):
    """An ESP32 in its boot loader with the stub running: esptool's loader, its commands answered from memory."""

    IS_STUB = True
    FLASH_WRITE_SIZE = 0x4000

    def __init__(self, size: int = 8 * MB):
        self.flash = bytearray(b"\xff" * size)
        self.written: list[tuple[int, int]] = []
        self.secure_download_mode = False
        self.cut_after: int | None = None

    def flash_id(self, cache=True):
        return (len(self.flash).bit_length() - 1) << 16 | 0x40EF

    def flash_set_parameters(self, size):
        assert size == len(self.flash)

    def get_secure_boot_enabled(self):
        return False

    get_secure_boot_v1_enabled = get_flash_encryption_enabled = get_encrypted_download_disabled = (
        get_secure_boot_enabled
    )

    def get_chip_revision(self):
        return 301

    def read_flash(self, offset, length, progress_fn=None):
        return bytes(self.flash[offset : offset + length])

    def flash_md5sum(self, addr, size):
        return hashlib.md5(self.flash[addr : addr + size]).hexdigest()

    def erase_region(self, offset, size):
        self.flash[offset : offset + size] = b"\xff" * size

    def flash_defl_begin(self, size, compsize, offset, encrypted_write=False):
        import zlib

        self.written.append((offset, size))
        self._at, self._unpack = offset, zlib.decompressobj()
        end = offset + -(-size // 4096) * 4096
        self.flash[offset:end] = b"\xff" * (end - offset)

    def flash_defl_block(self, data, seq, timeout=3):
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after < 0:
                raise OSError("device disconnected")
        plain = self._unpack.decompress(data)
        self.flash[self._at : self._at + len(plain)] = plain
        self._at += len(plain)

    def flash_defl_finish(self, reboot=False, timeout=3):
        pass

    def hard_reset(self, uses_usb=False):
        pass


def put(chip: Chip, path: Path, erase: bool = False) -> list[str]:
    said: list[str] = []
    chips.put(chip, "PORT", read_image(path, "esp32"), erase, said.append)
    return said


@pytest.mark.parametrize("chip", ["esp32", "esp32s3"])
def test_an_image_is_taken_apart(tmp_path: Path, chip: str):
    path = tmp_path / "firmware.bin"
    path.write_bytes(firmware(chip))
    image = read_image(path, chip)
    assert (image.boot, image.app) == (program(chip, 9_000), program(chip, 40_000))
    assert image.table == GENERIC
    assert (image.boot_at, image.app_at) == ({"esp32": 0x1000, "esp32s3": 0}[chip], 0x10000)


def test_an_image_for_another_chip_is_refused(tmp_path: Path):
    path = tmp_path / "firmware.bin"
    path.write_bytes(firmware("esp32s3"))
    with pytest.raises(UsageError, match=r"is for esp32s3, the board has esp32"):
        read_image(path, "esp32")


def test_the_hash_is_held_where_it_is_known(image_file: Path):
    digest = hashlib.sha256(image_file.read_bytes()).hexdigest()
    assert read_image(image_file, "esp32", digest.upper()).sha256 == digest
    with pytest.raises(UsageError, match="SHA-256"):
        read_image(image_file, "esp32", "0" * 64)
    beside = image_file.with_name("firmware.bin.sha256")
    beside.write_text(f"{digest}  firmware.bin\n")
    read_image(image_file, "esp32")
    beside.write_text(f"{'1' * 64}  firmware.bin\n")
    with pytest.raises(UsageError, match="SHA-256"):
        read_image(image_file, "esp32")


def test_what_is_no_image_is_refused(tmp_path: Path):
    path = tmp_path / "x.bin"
    with pytest.raises(UsageError, match="cannot be read"):
        read_image(path, "esp32")
    for data in (b"", b"PK\x03\x04" * 100, b"\xe9" * 30):
        path.write_bytes(data)
        with pytest.raises(UsageError, match=r"x\.bin"):
            read_image(path, "esp32")
    path.write_bytes(program("esp32", 40_000))
    with pytest.raises(UsageError, match="not the one for updates"):
        read_image(path, "esp32")


def test_a_program_larger_than_its_partition_is_refused(tmp_path: Path):
    small = Table((*GENERIC.partitions[:2], Partition("factory", 0, 0, 0x10000, 0x8000)))
    path = tmp_path / "x.bin"
    path.write_bytes(firmware(table=small))
    with pytest.raises(UsageError, match=r"its partition only 32,768"):
        read_image(path, "esp32")


def test_a_program_that_says_it_has_no_hash_is_refused(tmp_path: Path):
    path = tmp_path / "x.bin"
    bare = bytearray(firmware())
    bare[23] = 0
    path.write_bytes(bare)
    with pytest.raises(UsageError, match="hash of its boot loader is wrong"):
        read_image(path, "esp32")


WHOLE = firmware(app_bytes=3_000)
PARTS = [(0, 9_000), (TABLE_AT - 0x1000, 32 * 5), (0xF000, 3_000)]


@given(part=st.sampled_from(PARTS), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_no_damaged_byte_gets_through(tmp_path_factory: pytest.TempPathFactory, part, place: float, flip: int):
    damaged = bytearray(WHOLE)
    damaged[part[0] + int(part[1] * place)] ^= flip
    path = tmp_path_factory.getbasetemp() / "damaged.bin"
    path.write_bytes(damaged)
    with pytest.raises(UsageError, match=r"damaged\.bin"):
        read_image(path, "esp32")


@given(st.integers(0, len(WHOLE) - 101))
def test_no_image_cut_short_gets_through(tmp_path_factory: pytest.TempPathFactory, length: int):
    path = tmp_path_factory.getbasetemp() / "short.bin"
    path.write_bytes(WHOLE[:length])
    with pytest.raises(UsageError, match=r"short\.bin"):
        read_image(path, "esp32")


@given(st.binary(max_size=200) | st.binary(max_size=64).map(lambda data: write_table(GENERIC)[:128] + data))
def test_any_bytes_are_a_table_or_a_clear_error(data: bytes):
    try:
        table = read_table(data)
    except FlashError:
        return
    assert table.partitions


def test_the_firmware_looks_for_the_partition_by_the_same_name():
    wiring = importlib.import_module("presscue_node.wiring")
    assert wiring.LOG_PARTITION == LOGS


def test_the_logs_get_the_rest_of_the_flash():
    table = read_table(write_table(with_logs(GENERIC, 8 * MB)))
    assert [(each.label, each.offset, each.size) for each in table.partitions[-2:]] == [
        ("vfs", 0x200000, 256 << 10),
        (LOGS, 0x240000, 0x5C0000),
    ]
    unnamed = Table(GENERIC.partitions[:3])
    assert with_logs(unnamed, 8 * MB) == table
    with pytest.raises(FlashError, match="2 MB is too small"):
        with_logs(GENERIC, 2 * MB)


def test_the_boot_loader_is_told_the_size_of_the_flash_and_still_matches_its_hash(image_file: Path):
    boot = for_flash_of(program("esp32", 9_000), 8 * MB)
    parsed = ESP32FirmwareImage(BytesIO(boot))
    assert parsed.flash_size_freq == ESP32ROM.FLASH_SIZES["8MB"] | 0xF
    assert parsed.stored_digest == parsed.calc_digest
    assert ESP32S3ROM.FLASH_SIZES["16MB"] == for_flash_of(boot, 16 * MB)[3] & 0xF0


def test_a_new_board_gets_all_and_a_second_run_writes_nothing(image_file: Path):
    chip = Chip()
    chip.flash[0x200000:0x200020] = b"some other program's data......."
    chip.flash[0x9000:0x9010] = b"keys in the nvs!"
    said = put(chip, image_file)
    assert "256 KB for files, 5888 KB for logs" in said[0]
    assert read_table(bytes(chip.flash[TABLE_AT:])).get(LOGS) is not None
    assert chip.flash[0x200000:0x201000] == b"\xff" * 4096
    assert chip.flash[0x9000:0x9010] == b"keys in the nvs!"
    assert chip.flash[0x10000 : 0x10000 + 40_000] == program("esp32", 40_000)[:40_000]
    chip.written.clear()
    said = put(chip, image_file)
    assert chip.written == []
    assert sum("there already" in line for line in said) == 3


def test_a_newer_image_keeps_files_and_logs(image_file: Path):
    chip = Chip()
    put(chip, image_file)
    chip.flash[0x200000:0x200010] = b"\1\0\0\0....littlefs"
    chip.flash[0x240000:0x240004] = b"logs"
    image_file.write_bytes(firmware(seed=5))
    chip.written.clear()
    put(chip, image_file)
    assert [at for at, _ in chip.written] == [0x10000]
    assert chip.flash[0x200008:0x200010] == b"littlefs"
    assert chip.flash[0x240000:0x240004] == b"logs"


def test_a_file_system_of_the_usual_layout_is_not_lost_unasked(image_file: Path):
    chip = Chip()
    chip.flash[TABLE_AT : TABLE_AT + TABLE_BYTES] = write_table(GENERIC)
    chip.flash[0x201000:0x201010] = b"\1\0\0\0....littlefs"  # in the second of the two blocks
    said = put(chip, image_file)
    assert "--erase makes one" in said[0]
    assert read_table(bytes(chip.flash[TABLE_AT:])) == GENERIC
    assert chip.flash[0x201008:0x201010] == b"littlefs"
    put(chip, image_file, erase=True)
    assert read_table(bytes(chip.flash[TABLE_AT:])).get(LOGS) is not None
    assert b"littlefs" not in chip.flash[0x200000:0x240000]


def test_an_image_that_does_not_fit_beside_logs_is_refused(image_file: Path):
    chip = Chip()
    small = Table(
        (*GENERIC.partitions[:2], Partition("factory", 0, 0, 0x10000, 0x9000), Partition(LOGS, 1, 6, 0x20000, MB))
    )
    chip.flash[TABLE_AT : TABLE_AT + TABLE_BYTES] = write_table(small)
    before = bytes(chip.flash)
    with pytest.raises(FlashError, match=r"fetch the logs .* then give --erase"):
        put(chip, image_file)
    assert chip.flash == before


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_cable_pulled_while_writing_is_one_line_and_the_next_run_heals(image_file: Path, after: int):
    chip = Chip()
    chip.cut_after = after
    with pytest.raises(FlashError, match=r"PORT: the connection broke off .* run the same command again") as broken:
        put(chip, image_file)
    assert "\n" not in str(broken.value)
    chip.cut_after = None
    put(chip, image_file)
    whole = Chip()
    put(whole, image_file)
    assert chip.flash == whole.flash


def test_a_dry_run_says_what_would_be_written_where(image_file: Path, capsys: pytest.CaptureFixture[str]):
    assert command.main(["--dry-run", "--image", str(image_file)], standalone_mode=False) == 0
    said = capsys.readouterr().err
    assert "at 0x1000: boot loader" in said
    assert "at 0x10000: MicroPython" in said
    assert "presscue    0x240000   5,888 KB" in said
    assert "nothing changed" in said


def test_a_chip_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch):
    import os
    import pty

    import esptool

    master, slave = pty.openpty()
    found = esptool.detect_chip
    monkeypatch.setattr(esptool, "detect_chip", lambda port, **options: found(port, connect_attempts=1, **options))
    with pytest.raises(FlashError, match=r"pts/\d+: .*hold BOOT, press RESET"):
        chips.connect(os.ttyname(slave), "esp32")
    os.close(master)
    os.close(slave)
