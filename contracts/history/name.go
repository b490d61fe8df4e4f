package history

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// stamp is the time in a name: ISO 8601 in its basic form, because a file
// name has no colon on every system.
const stamp = "20060102T150405Z"

// name is the name of a version; ending is "" for a folder.
func name(number int, published time.Time, ending string) string {
	return fmt.Sprintf("%04d-%s%s", number, published.UTC().Format(stamp), ending)
}

// noteName is the name of a version's note.
func noteName(v Version) string { return name(v.Number, v.Published, ".md") }

// parse reads the name of a version's file or folder, or says what is wrong.
func parse(entry string, isDir bool) (v Version, problem string) {
	digits, rest, ok := strings.Cut(entry, "-")
	if !ok {
		return v, fmt.Sprintf("%q is no version: a number, a hyphen and the time of publishing are missing", entry)
	}
	number, err := strconv.Atoi(digits)
	if err != nil || number < 1 || number > math.MaxInt32 {
		return v, fmt.Sprintf("%q is no number of a version", digits)
	}
	at, ending, _ := strings.Cut(rest, ".")
	if ending != "" {
		ending = "." + ending
	}
	published, err := time.Parse(stamp, at)
	if err != nil {
		return v, fmt.Sprintf("%q is no time of publishing: it is written like 20261124T100000Z, in UTC", at)
	}
	switch {
	case isDir && ending != "":
		return v, fmt.Sprintf("the folder of a version has no ending, and this one has %s", ending)
	case !isDir && !validEnding(ending):
		return v, "the file has no ending that says what kind of schema it is"
	case name(number, published, ending) != entry:
		return v, fmt.Sprintf("the name should be %s, so that names sort as versions do", name(number, published, ending))
	}
	return Version{Number: number, Published: published}, ""
}

func validEnding(ending string) bool {
	return len(ending) > 1 && ending[0] == '.' &&
		strings.Trim(ending[1:], "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
