// Package page is what all pages that Weir writes have in common: the look, in
// light, dark and print, and the policy by which a page asks for nothing. Those
// without scripts have their frame in common, too: each adds its template, and
// styles for what it alone shows.
package page

import (
	"crypto/sha256"
	_ "embed" // the style
	"encoding/base64"
	"strings"
)

// Style is the stylesheet: palette, verdict, cards, tables, drawings.
//
//go:embed base.css
var Style string

// Policy is a Content-Security-Policy that allows the style and the scripts of
// a page, by their hashes, and nothing else: no request, no frame, no form.
func Policy(style string, scripts ...string) string {
	policy := "default-src 'none'; "
	if len(scripts) > 0 {
		hashes := make([]string, len(scripts))
		for i, s := range scripts {
			hashes[i] = hash(s)
		}
		policy += "script-src " + strings.Join(hashes, " ") + "; img-src data:; "
	}
	return policy + "style-src " + hash(style) + "; base-uri 'none'; form-action 'none'"
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
