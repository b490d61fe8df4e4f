package value

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/loadgen/internal/random"
)

// Limits of a corpus, which is kept in memory.
const (
	MaxCorpusValues = 1_000_000
	MaxCorpusBytes  = 256 << 20
)

// ReadCorpus reads values: of a folder the contents of its files, in order of
// their names, without those that begin with a dot and without folders; of a
// file its lines. Each line of a file that ends in .ndjson or .jsonl must be a
// JSON value. name is a path of this machine.
func ReadCorpus(name string) ([][]byte, error) {
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		return readFolder(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	json := strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".jsonl")
	return ReadLines(filepath.ToSlash(name), f, json)
}

func readFolder(name string) ([][]byte, error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var c corpusReader
	for _, e := range entries {
		// Of a link, what it leads to.
		path := filepath.Join(name, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, err
		case strings.HasPrefix(e.Name(), ".") || info.IsDir():
			continue
		case info.Mode()&^fs.ModePerm != 0:
			return nil, fmt.Errorf("%s: it is neither a file nor a folder", filepath.ToSlash(path))
		case info.Size() > MaxSize:
			return nil, fmt.Errorf("%s: more than %d bytes", filepath.ToSlash(path), MaxSize)
		}
		text, err := os.ReadFile(path)
		if err == nil {
			err = c.add(text)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.ToSlash(path), err)
		}
	}
	return c.end(filepath.ToSlash(name), "files")
}

// ReadLines reads values, one a line; line ends may be those of Windows. Each
// must be a JSON value where asJSON says so. name stands in errors.
func ReadLines(name string, in io.Reader, asJSON bool) ([][]byte, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, MaxSize)
	var c corpusReader
	n := 0
	for lines.Scan() {
		n++
		line := append([]byte(nil), lines.Bytes()...)
		switch {
		case len(line) == 0:
			return nil, fmt.Errorf("%s:%d: the line is empty", name, n)
		case asJSON && !json.Valid(line):
			return nil, fmt.Errorf("%s:%d: the line is no JSON value", name, n)
		}
		if err := c.add(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, n+1, err)
	}
	return c.end(name, "lines")
}

// corpusReader collects values within the limits.
type corpusReader struct {
	values [][]byte
	bytes  int
}

func (c *corpusReader) add(value []byte) error {
	c.values, c.bytes = append(c.values, value), c.bytes+len(value)
	switch {
	case len(c.values) > MaxCorpusValues:
		return fmt.Errorf("more than %d values", MaxCorpusValues)
	case c.bytes > MaxCorpusBytes:
		return fmt.Errorf("more than %d bytes in all", MaxCorpusBytes)
	}
	return nil
}

func (c *corpusReader) end(name, what string) ([][]byte, error) {
	if len(c.values) == 0 {
		return nil, fmt.Errorf("%s: it has no %s", name, what)
	}
	return c.values, nil
}

// Corpus are the values of a list, of which there is at least one, each as
// likely as every other.
func Corpus(seed uint64, sender uint16, values [][]byte) Source {
	c := corpus{Counter: random.New(seed, sender).For(purposeCorpus), values: values}
	for _, v := range values {
		c.most = max(c.most, len(v))
		c.mean += float64(len(v)) / float64(len(values))
	}
	return c
}

type corpus struct {
	random.Counter
	values [][]byte
	mean   float64
	most   int
}

func (c corpus) Append(b []byte, r *Record) []byte {
	s := c.At(r.Sequence)
	return append(b, c.values[s.Below(uint64(len(c.values)))]...)
}

func (c corpus) Mean() float64  { return c.mean }
func (c corpus) Max() int       { return c.most }
func (c corpus) String() string { return fmt.Sprintf("corpus of %d values", len(c.values)) }
