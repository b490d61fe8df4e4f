package breaking

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// retained reports published versions that the old state keeps and the new one
// does not, though the topic may still hold records of them: nothing that reads
// those is judged by them any more, so that to drop a version hides what it
// breaks. What the topic keeps is what the old state says, for the records were
// written under that. A registry keeps its versions itself.
func (c *change) retained(p part, was, is *contracts.Schema) {
	if was.History == "" || is.Registry != nil {
		return
	}
	before, err := published(c.oldSide.FS, c.was.contract, was)
	if err != nil {
		c.unread(p, c.oldSide.Name, "its history", err)
		return
	}
	now, err := published(c.newSide.FS, c.now.contract, is)
	if err != nil {
		c.unread(p, "", "its history", err)
		return
	}
	topic := c.was.promise().TopicName()
	counted := history.Retained(before, c.keeps(topic), c.options.Now)
	dropped, changed, err := history.Dropped(c.oldSide.FS, counted, c.newSide.FS, now)
	if err != nil {
		c.unread(p, c.oldSide.Name, "its history", err)
		return
	}
	c.lost(p, dropped, "this change has dropped")
	c.lost(p, changed, "says something else now")
}

// published are the versions in the folder of a schema: none without one.
func published(fsys fs.FS, of *contracts.Contract, s *contracts.Schema) ([]history.Version, error) {
	if s.History == "" {
		return nil, nil
	}
	all, _, err := history.Versions(fsys, of.Resolve(s.History))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}

// keeps is how long the old state says that a topic keeps records: the longest
// where contracts differ, and forever where none says it.
func (c *change) keeps(topic string) history.Retention {
	var longest *history.Retention
	for _, contract := range c.oldSide.Contracts {
		r, stated := versions.Retention(contract.Topics[topic])
		switch {
		case !stated:
		case r.Forever:
			return r
		case longest == nil || longest.Period+longest.Slack < r.Period+r.Slack:
			longest = &r
		}
	}
	if longest == nil {
		return history.Retention{Forever: true}
	}
	return *longest
}

func (c *change) lost(p part, lost []history.Version, how string) {
	if len(lost) == 0 {
		return
	}
	var names []string
	f := finding.Finding{ID: VersionDropped, Position: c.now.at(p.at...),
		Hint: "restore what is lost, until the topic has deleted the records of it"}
	for _, v := range lost {
		names = append(names, v.String())
		f.Related = append(f.Related, finding.Related{Position: finding.Position{File: v.File, Line: 1, Column: 1}, Message: fmt.Sprintf("%s, in %s", v, c.oldSide.Name)})
	}
	where := "the topic may"
	if topic := c.was.promise().TopicName(); topic != "" {
		where = topic + " may"
	}
	f.Message = fmt.Sprintf("%s retains %s of %s, which %s, and %s still hold records of it: readers are not judged by them any more",
		c.oldSide.Name, finding.List(names), p.what, how, where)
	f.Related = append(f.Related, c.places(nil, c.rely)...)
	c.report(c.now.contract, f)
}
