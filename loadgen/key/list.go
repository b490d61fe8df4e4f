package key

import (
	"bufio"
	"fmt"
	"io"
	"unicode/utf8"
)

// Limits of a list of keys: the time that checking each takes, and the size
// of a key that anyone has.
const (
	MaxList   = 200_000
	MaxLength = 4096
)

// ReadList reads keys, one a line, that stand for the indexes 0 and up. They
// are UTF-8, not empty, and differ from each other; line ends may be those of
// Windows. name stands in errors.
func ReadList(name string, in io.Reader) ([]string, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, MaxLength+2)
	var list []string
	first := map[string]int{}
	for lines.Scan() {
		line, text := len(list)+1, lines.Text()
		fail := func(format string, args ...any) ([]string, error) {
			return nil, fmt.Errorf("%s:%d: %s", name, line, fmt.Sprintf(format, args...))
		}
		switch {
		case line > MaxList:
			return fail("more than %d keys", MaxList)
		case text == "":
			return fail("the key is empty")
		case !utf8.ValidString(text):
			return fail("the key is not UTF-8")
		case first[text] > 0:
			return fail("the key %q is that of line %d again", text, first[text])
		}
		first[text] = line
		list = append(list, text)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: a key of more than %d bytes: %w", name, len(list)+1, MaxLength, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: it has no keys", name)
	}
	return list, nil
}
