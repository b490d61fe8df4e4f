package document

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// The numbers that every YAML version and every reader takes for the same.
// Leading zeros, 0x, 0o, 1_000, .inf and the like are refused.
var (
	integer = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)$`)
	decimal = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	zeros   = regexp.MustCompile(`^[+-]?0[0-9_]+$`)
)

// scalarValue decodes Go's own scalar kinds.
func (d *Decoder) scalarValue(n *Node, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		// Numbers and truth values are taken as written, so that
		// "version: 010" and "PORT: 8080" mean what they show.
		if n.Kind != Scalar {
			d.wrong(n, "text", "")
			return
		}
		v.SetString(n.Text)
	case reflect.Bool:
		d.boolValue(n, v)
	case reflect.Float32, reflect.Float64:
		if text, ok := d.number(n, "a number", decimal); ok {
			f, err := strconv.ParseFloat(text, v.Type().Bits())
			if err != nil {
				d.Report(n, BadValue, fmt.Sprintf("%s: %s is out of range", d.name, text), "")
				return
			}
			v.SetFloat(f)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if text, ok := d.number(n, "a whole number", integer); ok {
			i, err := strconv.ParseInt(text, 10, v.Type().Bits())
			if err != nil {
				d.Report(n, BadValue, fmt.Sprintf("%s: %s is out of range", d.name, text), "")
				return
			}
			v.SetInt(i)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if text, ok := d.number(n, "a whole number", integer); ok {
			u, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, v.Type().Bits())
			if err != nil {
				d.Report(n, BadValue, fmt.Sprintf("%s: %s is out of range", d.name, text), "")
				return
			}
			v.SetUint(u)
		}
	default:
		panic(fmt.Sprintf("document: a field of type %s cannot be decoded", v.Type()))
	}
}

func (d *Decoder) boolValue(n *Node, v reflect.Value) {
	if n.Kind != Scalar {
		d.wrong(n, "true or false", "")
		return
	}
	switch strings.ToLower(n.Text) {
	case "true", "false":
		if n.Quoted {
			d.wrong(n, "true or false", "remove the quotes")
			return
		}
		v.SetBool(strings.EqualFold(n.Text, "true"))
	case "yes", "on", "y":
		d.wrong(n, "true or false", "write true")
	case "no", "off", "n":
		d.wrong(n, "true or false", "write false")
	default:
		d.wrong(n, "true or false", "")
	}
}

// number is the text of a number of the given form.
func (d *Decoder) number(n *Node, wanted string, form *regexp.Regexp) (string, bool) {
	if n.Kind != Scalar {
		d.wrong(n, wanted, "")
		return "", false
	}
	switch {
	case n.Quoted && form.MatchString(n.Text):
		d.wrong(n, wanted, "remove the quotes")
		return "", false
	case form.MatchString(n.Text):
		return n.Text, true
	case zeros.MatchString(n.Text):
		d.Report(n, BadValue, fmt.Sprintf("%s: %s is ambiguous: some YAML readers take a leading zero for octal", d.name, n.Text), octalHint(n.Text))
		return "", false
	}
	if i, err := strconv.ParseInt(n.Text, 0, 64); err == nil {
		d.wrong(n, wanted, fmt.Sprintf("write %d", i))
		return "", false
	}
	d.wrong(n, wanted, "")
	return "", false
}

// octalHint names the readings of a number with leading zeros.
func octalHint(text string) string {
	plain := strings.ReplaceAll(text, "_", "")
	ten, err := strconv.ParseInt(plain, 10, 64)
	if err != nil {
		return "write it without leading zeros"
	}
	eight, err := strconv.ParseInt(plain, 8, 64)
	if err != nil || eight == ten {
		return fmt.Sprintf("write %d", ten)
	}
	return fmt.Sprintf("write %d, or %d if octal was meant", ten, eight)
}

// describe says what a node is, for messages.
func describe(n *Node) string {
	switch n.Kind {
	case Sequence:
		return "a list"
	case Mapping:
		return "a map"
	case Null:
		return "nothing"
	}
	text := n.Text
	const long = 40
	if runes := []rune(text); len(runes) > long {
		text = string(runes[:long]) + "…"
	}
	switch {
	case n.Quoted:
	case decimal.MatchString(n.Text):
		return "the number " + text
	case n.Text == "true" || n.Text == "false":
		return text
	}
	return "the text " + strconv.Quote(text)
}
