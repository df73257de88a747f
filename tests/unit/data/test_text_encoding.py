"""The last guess of an encoding: by its letters, and Windows-1252 where they do not tell."""

import pytest

from sparklime_core.data.text_encoding import guess_encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("город,река\nТверь,Волга\nОмск,Иртыш\nПермь,Кама\n", "cp1251"),
        ("都市,果物\n横浜市,みかん\n札幌市,ぶどう\n神戸市,もも\n", "shift_jis"),
        ("城市,水果\n杭州,葡萄\n成都,苹果\n武汉,橙子\n", "gb18030"),
        ("nazwa,miasto\nżaba,Łódź\nwąż,Kielce\nłoś,Białystok\nmądrość,Gdańsk\n", "cp1250"),
        ("πόλη,χώρα\nΠάτρα,Ελλάδα\nΒόλος,Ελλάδα\n", "cp1253"),
    ],
)
def test_letters_of_other_scripts_are_found(text, encoding):
    content = text.encode(encoding) * 10
    assert content.decode(guess_encoding(content).value) == text * 10


@pytest.mark.parametrize(
    "text",
    [
        "Name,Ort\nJürgen,Münster\nBörge,Lübeck\n",
        "nom,ville\nZoé,Besançon\nAgnès,Nîmes\n",
        "navn,by\nSøren,Ålborg\nBjørn,Tromsø\n",
        "nombre\nMuñoz\nIbáñez\n",
        "a,b\n20°C,±3\n7 €,½\n",
        "café\n",
    ],
)
def test_western_letters_stay_windows_1252(text):
    for content in (text.encode("cp1252"), text.encode("cp1252") * 30):
        assert guess_encoding(content).value == "cp1252"
