package infer

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// formatSet is a set of formats of JSON Schema.
type formatSet uint8

// The formats that are inferred. Each is checked more narrowly than JSON
// Schema defines it, so that a validator which asserts formats agrees.
const (
	formatUUID formatSet = 1 << iota
	formatDateTime
	formatDate
	formatEmail
	formatURI
	formatIPv4
	formatIPv6

	allFormats = 1<<iota - 1
)

var formats = []struct {
	set  formatSet
	name string
	has  func(string) bool
}{
	{formatUUID, "uuid", regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString},
	{formatDateTime, "date-time", isDateTime},
	{formatDate, "date", func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }},
	{formatEmail, "email", regexp.MustCompile(`^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9]+(-[A-Za-z0-9]+)*(\.[A-Za-z0-9]+(-[A-Za-z0-9]+)*)*\.[A-Za-z]{2,}$`).MatchString},
	{formatURI, "uri", isURI},
	{formatIPv4, "ipv4", func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() }},
	{formatIPv6, "ipv6", func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Is6() && a.Zone() == ""
	}},
}

// longestFormatted bounds the text that is looked at: an e-mail address has
// at most 254 characters, and a longer URL is rare.
const longestFormatted = 254

// formatsOf are those of the wanted formats that a text has.
func formatsOf(s string, wanted formatSet) formatSet {
	var has formatSet
	if len(s) > longestFormatted {
		return 0
	}
	for _, f := range formats {
		if wanted&f.set != 0 && f.has(s) {
			has |= f.set
		}
	}
	return has
}

// name is the format as the keyword has it, "" for none. Formats exclude each
// other.
func (set formatSet) name() string {
	for _, f := range formats {
		if set&f.set != 0 {
			return f.name
		}
	}
	return ""
}

var dateTime = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$`)

// isDateTime leaves leap seconds out, and what time.Parse alone accepts, such
// as a comma before the fraction.
func isDateTime(s string) bool {
	if !dateTime.MatchString(s) {
		return false
	}
	_, err := time.Parse(time.RFC3339Nano, s)
	return err == nil
}

var uriText = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*://[A-Za-z0-9][A-Za-z0-9.:-]*([/?#][A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?$`)

// isURI takes URIs with an authority: mailto:x and a:b are text as often.
func isURI(s string) bool {
	if !uriText.MatchString(s) || strings.Contains(s, "%") && !escapes.MatchString(s) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Host != ""
}

var escapes = regexp.MustCompile(`^([^%]|%[0-9A-Fa-f]{2})*$`)
