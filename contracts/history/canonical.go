package history

import (
	"bytes"
	"encoding/json"
	"io"
	"path"
)

// canonical is the content of a schema's file without what its reader does
// not see: a byte order mark, white space, the order of members in JSON,
// comments in Protobuf.
// What cannot be read stays as it is.
func canonical(file string, content []byte) []byte {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if path.Ext(file) == ".proto" {
		return canonicalProto(content)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // as a float64, 2^53+1 would equal 2^53
	var value any
	if err := decoder.Decode(&value); err != nil {
		return content
	}
	if _, err := decoder.Token(); err != io.EOF {
		return content
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return content
	}
	return encoded
}

// canonicalProto drops comments, and white space except where it keeps two
// words apart.
func canonicalProto(src []byte) []byte {
	var out []byte
	apart := false
	for i := 0; i < len(src); {
		n := skipped(src[i:])
		if n > 0 {
			apart = true
			i += n
			continue
		}
		n = 1
		if src[i] == '"' || src[i] == '\'' {
			n = quoted(src[i:])
		}
		if apart && len(out) > 0 && isWord(out[len(out)-1]) && isWord(src[i]) {
			out = append(out, ' ')
		}
		apart = false
		out = append(out, src[i:i+n]...)
		i += n
	}
	return out
}

// skipped is the length of the white space or comment that src starts with.
func skipped(src []byte) int {
	switch {
	case bytes.IndexByte([]byte(" \t\r\n\f\v"), src[0]) >= 0:
		return 1
	case bytes.HasPrefix(src, []byte("//")):
		if end := bytes.IndexByte(src, '\n'); end >= 0 {
			return end
		}
		return len(src)
	case bytes.HasPrefix(src, []byte("/*")):
		if end := bytes.Index(src[2:], []byte("*/")); end >= 0 {
			return 2 + end + 2
		}
		return len(src)
	}
	return 0
}

// quoted is the length of the string literal that src starts with; one that
// does not end takes the rest.
func quoted(src []byte) int {
	for i := 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case src[0]:
			return i + 1
		}
	}
	return len(src)
}

// isWord reports whether c joins with another such to one token: of a word or
// a number ("1 .5" is two), or a slash or a star, which together open comments.
func isWord(c byte) bool {
	return c == '_' || c == '.' || c == '/' || c == '*' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
