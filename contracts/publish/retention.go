package publish

import (
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/versions"
)

// retentionOf is how long a topic keeps records, as package matrix takes it
// when it chooses the versions to compare: forever, unless a contract of the
// set says otherwise.
func retentionOf(set []*contracts.Contract, topic string) history.Retention {
	kept := history.Retention{Forever: true}
	for _, c := range set {
		if facts, ok := c.Topics[topic]; ok {
			if r, stated := versions.Retention(facts); stated {
				kept = r
			}
		}
	}
	return kept
}
