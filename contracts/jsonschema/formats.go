package jsonschema

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// formats are those that the validator does not know, or takes too widely: +1
// and -0 are no numbers of an IPv4 address, and no URI has a backslash (RFC
// 3986).
var formats = sync.OnceValue(func() []*js.Format {
	all := []*js.Format{{Name: "ipv4", Validate: validateIPv4}}
	for _, name := range []string{"uri", "iri"} {
		all = append(all, &js.Format{Name: name, Validate: withoutBackslash(formatOfValidator(name))})
	}
	return append(all, internationalized()...)
})

// formatOfValidator is the validator's own check of a format.
func formatOfValidator(name string) func(any) error {
	c := js.NewCompiler()
	c.AssertFormat()
	const file = "format.json"
	if err := c.AddResource(file, map[string]any{"format": name}); err != nil {
		panic(fmt.Sprintf("jsonschema: %v", err))
	}
	return c.MustCompile(file).Format.Validate
}

func withoutBackslash(validate func(any) error) func(any) error {
	return func(v any) error {
		if s, ok := v.(string); ok && strings.Contains(s, `\`) {
			return errors.New(`contains \`)
		}
		return validate(v)
	}
}

func validateIPv4(v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	groups := strings.Split(s, ".")
	if len(groups) != 4 {
		return errors.New("expected four decimals")
	}
	for _, group := range groups {
		n, err := strconv.ParseUint(group, 10, 8)
		if err != nil || strconv.FormatUint(n, 10) != group {
			return fmt.Errorf("%q is no decimal from 0 to 255", group)
		}
	}
	return nil
}

// textsOf are patterns that match all texts of a format and some others, too.
var textsOf = map[string]string{
	"uuid": `^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`,
	"ipv4": `^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$`,
	"date": `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
}

// widerThan are formats whose texts include all those of another one.
var widerThan = map[string][]string{
	"uri":           {"uri-reference", "iri", "iri-reference"},
	"iri":           {"iri-reference"},
	"uri-reference": {"iri-reference"},
	"email":         {"idn-email"},
}

// variants are texts of a format that differ in what its grammar leaves open.
// They are tried where a text is looked for that breaks a reader.
var variants = map[string][]string{
	"date-time":             {"2025-01-01T00:00:00Z", "2025-01-01T00:00:00+01:00", "2025-01-01T00:00:00.5-05:30", "2025-01-01T00:00:00.123456Z", "2025-01-01t00:00:00z", "1998-12-31T23:59:60Z", "0001-01-01T00:00:00Z"},
	"time":                  {"00:00:00Z", "00:00:00+01:00", "00:00:00.5-05:30", "00:00:00.123456Z", "00:00:00z", "23:59:60Z"},
	"duration":              {"P1D", "P2W", "P1Y2M3DT4H5M6S", "PT1S", "PT36H"},
	"email":                 {"a@b", "a.b+c@d.example", "A_1@B-2.Example", "o'neil@a.example", `"a b"@c.example`, "a@[127.0.0.1]"},
	"hostname":              {"a", "a.b.c", "A-1.example", "1a.example"},
	"uri":                   {"a:b", "urn:a:b", "mailto:a@b.example", "http://a", "HTTP://a.example:80/b/c?d=e#f", "ftp://u:p@[::1]/%20"},
	"iri":                   {"a:b", "http://ü.example/ä?ö#ß"},
	"uri-reference":         {"", "a", "../a", "?a", "#a", "//a/b", "a:b", "http://a/b?c#d"},
	"iri-reference":         {"", "ä", "?a", "#a", "//ü/b", "a:b"},
	"uri-template":          {"", "a", "{a}", "{+a,b*}"},
	"ipv6":                  {"::", "::1", "1:2:3:4:5:6:7:8", "2001:DB8::A", "::ffff:192.0.2.1"},
	"json-pointer":          {"", "/", "/a/0", "/a~0b~1c"},
	"relative-json-pointer": {"0", "0#", "10/a/0"},
	"regex":                 {"", "a", "[0-9]+"},
}
