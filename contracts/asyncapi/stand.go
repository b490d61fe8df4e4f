package asyncapi

import (
	"path"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// Stand writes a weir.yaml, to lie beside the document, that stands on it: the
// service's name, and the consumer groups that the document does not name.
// Everything else comes from the document, which it stays the source of. The
// findings list, as information, what no contract can state; it is an error
// where nothing is left.
func Stand(d *Document) (contract []byte, findings []finding.Finding) {
	findings = d.collect(func() {
		c := d.importable()
		if c == nil {
			return
		}
		says := object{
			{"weir", contracts.Version},
			{"service", object{{"name", c.Service.Name}}},
			{"asyncapi", path.Base(d.File)},
		}
		if groups := d.withoutGroup(c.Service.Name); len(groups) > 0 {
			says.set("consumes", groups)
		}
		contract = toYAML(says)
	})
	return contract, findings
}

// withoutGroup are entries for consumers that need a group and have none in
// the document: the service's name stands for it. An operation of several
// messages has one entry for each.
func (d *Document) withoutGroup(service string) []any {
	var out []any
	seen := map[string]*Operation{}
	for _, s := range d.stated(path.Dir(d.File)) {
		lacks := s.consumes != nil && s.consumes.Group == ""
		if d.statable(s, service, seen) && lacks && s.consumes.Group != "" {
			out = append(out, object{{"operation", s.operation.ID}, {"event", s.event()}, {"group", service}})
		}
	}
	return out
}
