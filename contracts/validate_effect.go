package contracts

import (
	"errors"
	"fmt"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/probe"
)

func (v *validator) effect(path document.Path, e Effect) {
	if !v.ExactlyOne(path,
		document.Option{Field: "event", Set: e.Event != ""},
		document.Option{Field: "sql", Set: e.SQL != ""},
		document.Option{Field: "http", Set: e.HTTP != ""},
	) {
		return
	}
	for _, field := range []struct{ name, value, with string }{
		{"correlate", e.Correlate, "event"}, {"count", e.Count, "http"},
	} {
		for _, other := range []string{"event", "sql", "http"} {
			if field.value != "" && other != field.with && v.c.Doc.Has(path.Add(other)...) {
				v.Conflict(path.Add(field.name), path.Add(other), fmt.Sprintf("%s says nothing with %s", field.name, other), "remove it; {id} is the event's id")
			}
		}
	}
	switch {
	case e.Event != "":
		if e.Correlate != "" {
			v.place(path.Add("correlate"), e.Correlate)
		}
	case e.SQL != "":
		_, err := probe.ParseQuery(e.SQL)
		v.probe(path.Add("sql"), err)
	default:
		_, err := probe.ParseRequest(e.HTTP)
		v.probe(path.Add("http"), err)
		if e.Count != "" {
			v.place(path.Add("count"), e.Count, place.Data)
		}
	}
}

// probe reports what is wrong with a question.
func (v *validator) probe(path document.Path, err error) {
	if wrong := (*probe.SyntaxError)(nil); errors.As(err, &wrong) {
		v.ErrorInside(BadEffect, path, wrong.Offset, wrong.Message, wrong.Hint)
	}
}
