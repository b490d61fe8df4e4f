package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/flowweir/weir/contracts/document"
)

// maxGroups bounds the groups that an error lists.
const maxGroups = 24

// UnknownGroup is the error of asking for a consumer group that the brokers do
// not know, with those that they know and the nearest of them. Only groups whose
// name on the cluster begins with prefix count, and are called without it.
func UnknownGroup(ctx context.Context, admin *kadm.Client, prefix, group string) error {
	there, err := admin.ListGroups(ctx)
	if err != nil {
		return fmt.Errorf("no such group is there, and which are is not known: %w", err)
	}
	var names []string
	for _, name := range there.Groups() {
		if own, is := strings.CutPrefix(name, prefix); is {
			names = append(names, own)
		}
	}
	if len(names) == 0 {
		return errors.New("no group is there yet")
	}
	near, more := "", ""
	if nearest := document.Nearest(group, names); nearest != "" {
		near = fmt.Sprintf("did you mean %q? ", nearest)
	}
	if len(names) > maxGroups {
		names, more = names[:maxGroups], ", …"
	}
	return fmt.Errorf("no such group is there: %sgroups are %s%s", near, strings.Join(names, ", "), more)
}
