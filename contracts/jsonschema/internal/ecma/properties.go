package ecma

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/rangetable"
)

// aliases are the short names of properties that ECMA-262 has beside the long
// ones.
var aliases = map[string]string{
	"AHex": "ASCII_Hex_Digit", "Alpha": "Alphabetic", "Bidi_C": "Bidi_Control", "Bidi_M": "Bidi_Mirrored", "CI": "Case_Ignorable",
	"CWCF": "Changes_When_Casefolded", "CWCM": "Changes_When_Casemapped", "CWKCF": "Changes_When_NFKC_Casefolded",
	"CWL": "Changes_When_Lowercased", "CWT": "Changes_When_Titlecased", "CWU": "Changes_When_Uppercased",
	"DI": "Default_Ignorable_Code_Point", "Dep": "Deprecated", "Dia": "Diacritic", "EBase": "Emoji_Modifier_Base", "EComp": "Emoji_Component",
	"EMod": "Emoji_Modifier", "EPres": "Emoji_Presentation", "ExtPict": "Extended_Pictographic", "Ext": "Extender", "Gr_Base": "Grapheme_Base",
	"Gr_Ext": "Grapheme_Extend", "Hex": "Hex_Digit", "IDC": "ID_Continue", "IDS": "ID_Start", "IDSB": "IDS_Binary_Operator",
	"IDST": "IDS_Trinary_Operator", "Ideo": "Ideographic", "Join_C": "Join_Control", "LOE": "Logical_Order_Exception", "Lower": "Lowercase",
	"NChar": "Noncharacter_Code_Point", "Pat_Syn": "Pattern_Syntax", "Pat_WS": "Pattern_White_Space", "QMark": "Quotation_Mark",
	"RI": "Regional_Indicator", "SD": "Soft_Dotted", "STerm": "Sentence_Terminal", "Term": "Terminal_Punctuation", "UIdeo": "Unified_Ideograph",
	"Upper": "Uppercase", "VS": "Variation_Selector", "XIDC": "XID_Continue", "XIDS": "XID_Start", "space": "White_Space",
}

// tabled are the properties that Go has a table of.
var tabled = strings.Fields(`ASCII_Hex_Digit Bidi_Control Dash Deprecated Diacritic Extender Hex_Digit IDS_Binary_Operator
	IDS_Trinary_Operator Ideographic Join_Control Logical_Order_Exception Noncharacter_Code_Point Pattern_Syntax Pattern_White_Space
	Quotation_Mark Radical Regional_Indicator Sentence_Terminal Soft_Dotted Terminal_Punctuation Unified_Ideograph Variation_Selector White_Space`)

// untabled are those of which Go has no table, and none that it follows from.
var untabled = strings.Fields(`Bidi_Mirrored Case_Ignorable Changes_When_Casefolded Changes_When_Casemapped Changes_When_Lowercased
	Changes_When_NFKC_Casefolded Changes_When_Titlecased Changes_When_Uppercased Emoji Emoji_Component Emoji_Modifier Emoji_Modifier_Base
	Emoji_Presentation Extended_Pictographic XID_Continue XID_Start`)

// derived are the properties that Unicode makes of others
// (DerivedCoreProperties.txt).
var derived = map[string]func() *unicode.RangeTable{
	"Any":       func() *unicode.RangeTable { return span(0, unicode.MaxRune) },
	"ASCII":     func() *unicode.RangeTable { return span(0, unicode.MaxASCII) },
	"Assigned":  sync.OnceValue(func() *unicode.RangeTable { return less(span(0, unicode.MaxRune), unicode.Categories["Cn"]) }),
	"Uppercase": sync.OnceValue(func() *unicode.RangeTable { return rangetable.Merge(unicode.Lu, unicode.Other_Uppercase) }),
	"Lowercase": sync.OnceValue(func() *unicode.RangeTable { return rangetable.Merge(unicode.Ll, unicode.Other_Lowercase) }),
	"Math":      sync.OnceValue(func() *unicode.RangeTable { return rangetable.Merge(unicode.Sm, unicode.Other_Math) }),
	"Cased": sync.OnceValue(func() *unicode.RangeTable {
		return rangetable.Merge(unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
	}),
	"Alphabetic": sync.OnceValue(func() *unicode.RangeTable {
		return rangetable.Merge(unicode.L, unicode.Nl, unicode.Other_Uppercase, unicode.Other_Lowercase, unicode.Other_Alphabetic)
	}),
	"Grapheme_Extend": sync.OnceValue(func() *unicode.RangeTable {
		return rangetable.Merge(unicode.Me, unicode.Mn, unicode.Other_Grapheme_Extend)
	}),
	"Grapheme_Base": sync.OnceValue(func() *unicode.RangeTable {
		return less(span(0, unicode.MaxRune), unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Categories["Cn"], unicode.Zl, unicode.Zp,
			unicode.Me, unicode.Mn, unicode.Other_Grapheme_Extend)
	}),
	"ID_Start": sync.OnceValue(func() *unicode.RangeTable {
		return less(rangetable.Merge(unicode.L, unicode.Nl, unicode.Other_ID_Start), unicode.Pattern_Syntax, unicode.Pattern_White_Space)
	}),
	"ID_Continue": sync.OnceValue(func() *unicode.RangeTable {
		return less(rangetable.Merge(unicode.L, unicode.Nl, unicode.Other_ID_Start, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue),
			unicode.Pattern_Syntax, unicode.Pattern_White_Space)
	}),
	"Default_Ignorable_Code_Point": sync.OnceValue(func() *unicode.RangeTable {
		return less(rangetable.Merge(unicode.Other_Default_Ignorable_Code_Point, unicode.Cf, unicode.Variation_Selector),
			unicode.White_Space, span(0xFFF9, 0xFFFB), span(0x13430, 0x13440), unicode.Prepended_Concatenation_Mark)
	}),
}

// span is the table of the characters from first to last.
func span(first, last rune) *unicode.RangeTable {
	t := &unicode.RangeTable{}
	if first <= 0xFFFF {
		t.R16 = []unicode.Range16{{Lo: uint16(first), Hi: uint16(min(last, 0xFFFF)), Stride: 1}}
	}
	if last > 0xFFFF {
		t.R32 = []unicode.Range32{{Lo: uint32(max(first, 0x10000)), Hi: uint32(last), Stride: 1}}
	}
	return t
}

// less is a table without the characters of others.
func less(table *unicode.RangeTable, others ...*unicode.RangeTable) *unicode.RangeTable {
	var kept []rune
	rangetable.Visit(table, func(r rune) {
		if !unicode.In(r, others...) {
			kept = append(kept, r)
		}
	})
	return rangetable.New(kept...)
}

// tableOf is the table of a property by its name in braces, as ECMA-262 has
// them; nil for a property that it has and that is not known here. Without ok
// there is no such property.
func tableOf(name string) (table *unicode.RangeTable, ok bool) {
	kind, value, named := strings.Cut(name, "=")
	switch {
	case !named:
		if table := category(name); table != nil {
			return table, true
		}
		if long := aliases[name]; long != "" {
			name = long
		}
		if table := derived[name]; table != nil {
			return table(), true
		}
		if slices.Contains(tabled, name) {
			return unicode.Properties[name], true
		}
		return nil, slices.Contains(untabled, name)
	case kind == "General_Category" || kind == "gc":
		table := category(value)
		return table, table != nil
	}
	if long := scriptCodes()[value]; long != "" {
		value = long
	}
	table = unicode.Scripts[value]
	switch kind {
	case "Script", "sc":
		return table, table != nil
	case "Script_Extensions", "scx":
		return nil, table != nil
	}
	return nil, false
}

func category(name string) *unicode.RangeTable {
	if full, ok := unicode.CategoryAliases[name]; ok {
		name = full
	}
	return unicode.Categories[name]
}

// scriptCodes are the names of scripts by their codes of ISO 15924.
var scriptCodes = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	fields := strings.Fields(scripts)
	for i := 0; i < len(fields); i += 2 {
		names[fields[i]] = fields[i+1]
	}
	return names
})

const scripts = `
Adlm Adlam Aghb Caucasian_Albanian Ahom Ahom Arab Arabic Armi Imperial_Aramaic Armn Armenian Avst Avestan Bali Balinese
Bamu Bamum Bass Bassa_Vah Batk Batak Beng Bengali Bhks Bhaiksuki Bopo Bopomofo Brah Brahmi Brai Braille Bugi Buginese
Buhd Buhid Cakm Chakma Cans Canadian_Aboriginal Cari Carian Cham Cham Cher Cherokee Chrs Chorasmian Copt Coptic Qaac Coptic
Cpmn Cypro_Minoan Cprt Cypriot Cyrl Cyrillic Deva Devanagari Diak Dives_Akuru Dogr Dogra Dsrt Deseret Dupl Duployan
Egyp Egyptian_Hieroglyphs Elba Elbasan Elym Elymaic Ethi Ethiopic Geor Georgian Glag Glagolitic Gong Gunjala_Gondi
Gonm Masaram_Gondi Goth Gothic Gran Grantha Grek Greek Gujr Gujarati Guru Gurmukhi Hang Hangul Hani Han Hano Hanunoo
Hatr Hatran Hebr Hebrew Hira Hiragana Hluw Anatolian_Hieroglyphs Hmng Pahawh_Hmong Hmnp Nyiakeng_Puachue_Hmong
Hung Old_Hungarian Ital Old_Italic Java Javanese Kali Kayah_Li Kana Katakana Kawi Kawi Khar Kharoshthi Khmr Khmer
Khoj Khojki Kits Khitan_Small_Script Knda Kannada Kthi Kaithi Lana Tai_Tham Laoo Lao Latn Latin Lepc Lepcha Limb Limbu
Lina Linear_A Linb Linear_B Lisu Lisu Lyci Lycian Lydi Lydian Mahj Mahajani Maka Makasar Mand Mandaic Mani Manichaean
Marc Marchen Medf Medefaidrin Mend Mende_Kikakui Merc Meroitic_Cursive Mero Meroitic_Hieroglyphs Mlym Malayalam Modi Modi
Mong Mongolian Mroo Mro Mtei Meetei_Mayek Mult Multani Mymr Myanmar Nagm Nag_Mundari Nand Nandinagari Narb Old_North_Arabian
Nbat Nabataean Newa Newa Nkoo Nko Nshu Nushu Ogam Ogham Olck Ol_Chiki Orkh Old_Turkic Orya Oriya Osge Osage Osma Osmanya
Ougr Old_Uyghur Palm Palmyrene Pauc Pau_Cin_Hau Perm Old_Permic Phag Phags_Pa Phli Inscriptional_Pahlavi
Phlp Psalter_Pahlavi Phnx Phoenician Plrd Miao Prti Inscriptional_Parthian Rjng Rejang Rohg Hanifi_Rohingya Runr Runic
Samr Samaritan Sarb Old_South_Arabian Saur Saurashtra Sgnw SignWriting Shaw Shavian Shrd Sharada Sidd Siddham
Sind Khudawadi Sinh Sinhala Sogd Sogdian Sogo Old_Sogdian Sora Sora_Sompeng Soyo Soyombo Sund Sundanese Sylo Syloti_Nagri
Syrc Syriac Tagb Tagbanwa Takr Takri Tale Tai_Le Talu New_Tai_Lue Taml Tamil Tang Tangut Tavt Tai_Viet Telu Telugu
Tfng Tifinagh Tglg Tagalog Thaa Thaana Thai Thai Tibt Tibetan Tirh Tirhuta Tnsa Tangsa Toto Toto Ugar Ugaritic Vaii Vai
Vith Vithkuqi Wara Warang_Citi Wcho Wancho Xpeo Old_Persian Xsux Cuneiform Yezi Yezidi Yiii Yi Zanb Zanabazar_Square
Zinh Inherited Qaai Inherited Zyyy Common`
