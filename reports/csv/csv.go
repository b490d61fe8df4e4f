// Package csv writes a run directory as tables for spreadsheets and data
// frames: one CSV file a table, as docs/run-directory.md lists them.
//
// Guarantees. Every table is written, with its header, also where there is
// nothing in it; within a format version columns are only added, at the end.
// Each file is replaced as a whole. Numbers are as in the run directory:
// durations in nanoseconds, times since the load began. A percentile with too
// few samples is an empty cell. Text of others loses its control characters and
// cannot become a formula: what a spreadsheet would take for one begins with an
// apostrophe.
//
// It is not for single records: weir journal prints those.
package csv

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/internal/atomicfile"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Write writes the tables of a run into dir, which it makes, and returns the
// paths of the files. After an error those that were not reached are as they
// were.
func Write(dir string, rec *run.Record) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	var paths []string
	for _, t := range tables {
		path := filepath.Join(dir, t.name+".csv")
		if err := atomicfile.Write(path, func(w io.Writer) error { return t.write(w, rec) }); err != nil {
			return nil, fmt.Errorf("csv: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// table is one file: its columns, and its rows of a run.
type table struct {
	name    string
	columns string // separated by spaces
	rows    func(r *rows, rec *run.Record) error
}

func (t table) write(w io.Writer, rec *run.Record) error {
	out := csv.NewWriter(w)
	columns := strings.Fields(t.columns)
	_ = out.Write(columns) // Flush has the error
	r := &rows{out: out, columns: len(columns)}
	if err := t.rows(r, rec); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// rows takes the rows of a table.
type rows struct {
	out     *csv.Writer
	columns int
}

// add writes a row. A cell is a number, a truth, a duration, text, or nil for
// an empty one.
func (r *rows) add(cells ...any) {
	if len(cells) != r.columns {
		panic(fmt.Sprintf("%d cells in %d columns", len(cells), r.columns))
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = cell(c)
	}
	_ = r.out.Write(row) // Flush has the error
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return text(v)
	case time.Duration:
		return strconv.FormatInt(int64(v), 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v) // integers and truths
}

// text is text of others, which a spreadsheet must not take for a formula: it
// does of what begins with one of these signs, or with their wide forms.
func text(s string) string {
	s = summary.Plain(s)
	if begin := strings.TrimLeft(s, " "); begin != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(begin)[0]) {
		return "'" + s
	}
	return s
}

// known is v, or an empty cell where it is the zero that stands for unknown.
func known[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
