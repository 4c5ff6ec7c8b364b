"""Files made to hurt whoever reads them: name, content, and what a refusal says. Made when asked for, none is kept."""

import io
import random
import struct
import zipfile
import zlib

import openpyxl

HEAD = ("region", "indicator", "year", "value", "unit")
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName='
    '"/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>'
    "</Relationships>"
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK = (
    f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
HEADING = "".join(
    f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>' for letter, name in zip("ABCDE", HEAD, strict=True)
)


def sheet(rows, start=""):
    return f'<?xml version="1.0"?>{start}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def package(content, extra=(), compression=zipfile.ZIP_DEFLATED, types=TYPES):
    """A workbook with the least that Excel asks for, around the XML of its only sheet."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", RELATIONS.format("officeDocument", "xl/workbook.xml"))
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format("worksheet", "worksheets/sheet1.xml"))
        archive.writestr("xl/worksheets/sheet1.xml", content)
        for name, text in extra:
            archive.writestr(name, text)
    return buffer.getvalue()


def good():
    return package(sheet(f'<row r="1">{HEADING}</row>'))


def external_entity():
    doctype = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return package(
        sheet(f'<row r="1">{HEADING}</row><row r="2"><c r="A2" t="inlineStr"><is><t>&e;</t></is></c></row>', doctype)
    )


def external_entity_in_utf_16():
    return package(
        sheet(f'<row r="1">{HEADING}</row>', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>')
        .replace('version="1.0"?>', 'version="1.0" encoding="UTF-16"?>')
        .encode("utf-16")
    )


def entity_bomb():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'
    return package(sheet('<row r="1"><c r="A1" t="inlineStr"><is><t>&e11;</t></is></c></row>', doctype))


def unpacks_to_150_megabytes():
    return package(sheet(f'<row r="1">{HEADING}</row>' + " " * 150_000_000))


def slowly_unpacking_rows():
    """Four million rows that all say they are the first: no cap on row numbers ever sees the second."""
    return package(sheet(f'<row r="1">{HEADING}</row>' + '<row r="1"><c r="A1"><v>1</v></c></row>' * 4_000_000))


def noise():
    """What makes a package so heavy that the ratio of sizes tells nothing."""
    return ("xl/media/noise.bin", random.Random(0).randbytes(2_000_000))


def rows_all_the_first_in_a_heavy_package():
    return package(sheet(f'<row r="1">{HEADING}</row>' + '<row r="1"/>' * 4_000_000), [noise()])


def far_cell():
    return package(sheet(f'<row r="1">{HEADING}</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def far_column():
    return package(sheet(f'<row r="1">{HEADING}</row><row r="2"><c r="XFD2"><v>1</v></c></row>'))


def cells_by_the_million():
    return package(sheet(f'<row r="1">{HEADING}</row><row r="2">' + '<c r="A2"/>' * 8_500_000 + "</row>"), [noise()])


def shared_strings_by_the_million():
    relation = RELATIONS.format("worksheet", "worksheets/sheet1.xml").replace(
        "</Relationships>",
        '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"'
        ' Target="sharedStrings.xml"/></Relationships>',
    )
    strings = f'<sst xmlns="{MAIN}">' + "<si><t/></si>" * 3_000_000 + "</sst>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS.format("officeDocument", "xl/workbook.xml"))
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", relation)
        archive.writestr("xl/sharedStrings.xml", strings)
        archive.writestr(*noise())
        archive.writestr("xl/worksheets/sheet1.xml", sheet(f'<row r="1">{HEADING}</row>'))
    return buffer.getvalue()


def truncated():
    return good()[:-200]


def broken_in_the_middle():
    return package(sheet(f'<row r="1">{HEADING}</row><row r="2"><c r="A2"><v>1</v>'))


def encrypted():
    """As Excel encrypts: an OLE file, which .xls is too."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096


def encrypted_members():
    content = bytearray(good())
    at = 0
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = 0
        while (at := content.find(signature, at)) >= 0:
            content[at + place] |= 1
            at += 4
    return bytes(content)


def with_macros():
    return package(
        sheet(f'<row r="1">{HEADING}</row>'),
        [("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0")],
        types=TYPES.replace(
            "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.macroEnabled.main+xml"
        ),
    )


def macro_enabled_without_macros():
    return package(
        sheet(f'<row r="1">{HEADING}</row>'),
        types=TYPES.replace(
            "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.macroEnabled.main+xml"
        ),
    )


def ten_thousand_members():
    return package(sheet(f'<row r="1">{HEADING}</row>'), [(f"xl/media/{n}.bin", b"") for n in range(10_000)])


def members_of_one_name():
    buffer = io.BytesIO(good())
    with zipfile.ZipFile(buffer, "a") as archive:
        info = zipfile.ZipInfo("XL/worksheets/sheet1.xml")
        archive.writestr(info, sheet('<row r="1"><c r="A1"><v>1</v></c></row>'))
    return buffer.getvalue()


def lying_sizes():
    """The directory says 100 bytes; 120 megabytes come out."""
    data = b" " * 120_000_000
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    name, check = b"xl/worksheets/sheet1.xml", zlib.crc32(data)
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, check, len(packed), 100, len(name), 0) + name
    numbers = (20, 20, 0, 8, 0, 0, check, len(packed), 100, len(name), 0, 0, 0, 0, 0, 0)
    central = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *numbers) + name
    at = len(local) + len(packed)
    return local + packed + central + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central), at, 0)


def external_links():
    return package(sheet(f'<row r="1">{HEADING}</row>'), [("xl/externalLinks/externalLink1.xml", "<externalLink/>")])


def embedded_object():
    return package(sheet(f'<row r="1">{HEADING}</row>'), [("xl/embeddings/oleObject1.bin", b"MZ")])


def million_letters():
    row = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"字" * 1_000_000}</t></is></c></row>'
    return package(sheet(f'<row r="1">{HEADING}</row>{row}'), [noise()])


def csv_of_a_million_letters():
    return (",".join(HEAD) + "\n" + "x" * 1_000_000 + ",a,2024,1,件\n").encode()


def null_bytes():
    return (",".join(HEAD) + "\n150600,a\0b,2024,1,件\n").encode()


def a_picture():
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


def a_pdf():
    return b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3" * 100


def a_document():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            TYPES.replace("spreadsheetml.sheet.main+xml", "wordprocessingml.document.main+xml"),
        )
        archive.writestr("word/document.xml", "<document/>")
    return buffer.getvalue()


def thirty_thousand_rows():
    row = "150600,a,2024,1,件\n"
    return (",".join(HEAD) + "\n" + row * 30_000).encode()


def many_columns():
    book = openpyxl.Workbook()
    book.active.append([*HEAD, *[f"c{n}" for n in range(300)]])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


FILES = {
    "xxe.xlsx": (external_entity, "实体声明"),
    "xxe-utf16.xlsx": (external_entity_in_utf_16, "损坏|不是可读"),
    "billion-laughs.xlsx": (entity_bomb, "实体声明"),
    "150-megabytes.xlsx": (unpacks_to_150_megabytes, "解压后过大"),
    "four-million-rows.xlsx": (slowly_unpacking_rows, "解压后过大|超过 20000 行|格子过多"),
    "heavy-rows.xlsx": (rows_all_the_first_in_a_heavy_package, "超过 20000 行"),
    "far-cell.xlsx": (far_cell, "超过 20000 行"),
    "far-column.xlsx": (far_column, "超过 200 列|只有表头"),
    "million-cells.xlsx": (cells_by_the_million, "格子过多"),
    "shared-strings.xlsx": (shared_strings_by_the_million, "格子过多"),
    "truncated.xlsx": (truncated, "不是可读的 .xlsx"),
    "broken.xlsx": (broken_in_the_middle, "损坏|不是可读"),
    "encrypted.xlsx": (encrypted, "加了密码"),
    "encrypted-members.xlsx": (encrypted_members, "加了密码"),
    "old.xls": (encrypted, "旧版 .xls"),
    "macros.xlsm": (with_macros, "含有宏"),
    "no-macros.xlsm": (macro_enabled_without_macros, "含有宏"),
    "members.xlsx": (ten_thousand_members, "部件"),
    "twice.xlsx": (members_of_one_name, "重名"),
    "lying.xlsx": (lying_sizes, "不是可读的 .xlsx|解压后过大"),
    "links.xlsx": (external_links, "外部链接"),
    "embedded.xlsx": (embedded_object, "嵌入的对象"),
    "million-letters.xlsx": (million_letters, "超过 Excel 一格的上限"),
    "million-letters.csv": (csv_of_a_million_letters, "不像数据表"),
    "null.csv": (null_bytes, "空字符"),
    "picture.csv": (a_picture, "不是|空字符|编码"),
    "pdf.xlsx": (a_pdf, "PDF"),
    "document.xlsx": (a_document, "不是 .xlsx 表格"),
    "rows.csv": (thirty_thousand_rows, "超过 20000 行"),
    "columns.xlsx": (many_columns, "超过 200 列"),
    "empty.csv": (bytes, "空的"),
}
