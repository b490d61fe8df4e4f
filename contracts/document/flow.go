package document

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// joined puts together again what the lexer takes apart: in flow style, too, a
// colon is part of a plain text unless a space or the end of the text follows
// it. [header:x] is a list of one text, and {header:x: string} has one key.
func (d *Decoder) joined(tokens token.Tokens) token.Tokens {
	out := make(token.Tokens, 0, len(tokens))
	depth := 0
	for i := 0; i < len(tokens); i++ {
		tk := tokens[i]
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.MappingValueType:
			if depth > 0 && len(out) > 0 && i+1 < len(tokens) && d.inText(out[len(out)-1], tk, tokens[i+1]) {
				out = append(out[:len(out)-1], textOrEntry(out[len(out)-1], tokens[i+1])...)
				i++
				continue
			}
		}
		out = append(out, tk)
	}
	for i, tk := range out {
		tk.Prev, tk.Next = nil, nil
		if i > 0 {
			tk.Prev, out[i-1].Next = out[i-1], tk
		}
	}
	return out
}

// textOrEntry are the tokens of a text whose parts on both sides of a colon are
// given. Where the text is a key, the second goes on to its value.
func textOrEntry(before, after *token.Token) token.Tokens {
	text := before.Value + ":" + strings.TrimRight(after.Value, " ")
	at := func(offset int) *token.Position {
		p := *before.Position
		p.Column += utf8.RuneCountInString(text[:offset])
		return &p
	}
	end := strings.Index(text+" ", ": ")
	if end < 0 {
		return token.Tokens{token.String(text, text, at(0))}
	}
	tokens := token.Tokens{token.String(text[:end], text[:end], at(0)), token.MappingValue(at(end))}
	if value := strings.TrimLeft(text[end+1:], " "); value != "" {
		tokens = append(tokens, token.New(value, value, at(len(text)-len(value))))
	}
	return tokens
}

// inText reports whether a colon stands in a plain text, of which before and
// after are the parts.
func (d *Decoder) inText(before, colon, after *token.Token) bool {
	if !plainText(before) || !plainText(after) {
		return false
	}
	line, column := d.position(colon)
	source := d.doc.at(line, column).Source
	return column > 1 && column < len(source) && source[column-1] == ':' &&
		!strings.ContainsRune(" \t", rune(source[column-2])) && !strings.ContainsRune(" \t,[]{}", rune(source[column]))
}

func plainText(tk *token.Token) bool {
	switch tk.Type {
	case token.StringType, token.IntegerType, token.FloatType, token.BoolType, token.NullType,
		token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType, token.InfinityType, token.NanType:
		return true
	}
	return false
}
