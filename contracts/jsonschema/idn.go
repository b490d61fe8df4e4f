package jsonschema

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	js "github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/idna"
)

// internationalized are the formats for names beyond ASCII, which the
// validator does not know.
func internationalized() []*js.Format {
	hostname := hostnameBeyondASCII(formatOfValidator("hostname"))
	return []*js.Format{
		{Name: "idn-hostname", Validate: hostname},
		{Name: "idn-email", Validate: emailBeyondASCII(formatOfValidator("email"), hostname)},
	}
}

// registered is what RFC 5891, section 4.2, asks of a name that is registered:
// no mapping, and labels, their directions and lengths that are valid.
var registered = idna.New(idna.ValidateForRegistration(), idna.BidiRule())

// hostnameBeyondASCII takes hostnames of ASCII by validate, and others by
// IDNA (RFC 5890, section 2.3.2.3), which also says what A-labels hold.
func hostnameBeyondASCII(validate func(any) error) func(any) error {
	return func(v any) error {
		s, ok := v.(string)
		if !ok {
			return nil
		}
		lower := strings.Map(lowerASCII, s)
		if isASCII(s) && !strings.Contains(lower, "xn--") {
			return validate(s)
		}
		ascii, err := registered.ToASCII(lower)
		if err != nil {
			return fmt.Errorf("no internationalized hostname: %w", err)
		}
		return validate(ascii)
	}
}

// emailBeyondASCII takes addresses of ASCII by validate, and others by RFC
// 6531, section 3.3: what is not ASCII may stand wherever an atom or a quoted
// string may have a letter, and the domain is one of hostname's.
func emailBeyondASCII(validate, hostname func(any) error) func(any) error {
	return func(v any) error {
		s, ok := v.(string)
		if !ok || isASCII(s) {
			return validate(v)
		}
		if !utf8.ValidString(s) {
			return errors.New("no UTF-8")
		}
		if err := validate(strings.Map(letterOf, s)); err != nil {
			return err
		}
		if domain := s[strings.LastIndexByte(s, '@')+1:]; !strings.HasPrefix(domain, "[") {
			return hostname(domain)
		}
		return nil
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r - 'A' + 'a'
	}
	return r
}

// letterOf is a letter for what is not ASCII.
func letterOf(r rune) rune {
	if r >= utf8.RuneSelf {
		return 'a'
	}
	return r
}
