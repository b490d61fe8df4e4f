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
