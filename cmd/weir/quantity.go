package main

import (
	"encoding"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flowweir/weir/contracts/document"
)

// quantityFlag is a flag whose value has a form that files have too: a rate, a
// duration, a share, a size.
type quantityFlag struct {
	to   encoding.TextUnmarshaler
	text string
}

var _ pflag.Value = (*quantityFlag)(nil)

// quantity binds a flag; a default that is not empty must be of its form.
func quantity(cmd *cobra.Command, to encoding.TextUnmarshaler, name, value, usage string) {
	q := &quantityFlag{to: to}
	if value != "" {
		if err := q.Set(value); err != nil {
			panic(err) // a default of this program
		}
	}
	cmd.Flags().Var(q, name, usage)
	// It errs only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
}

func (q *quantityFlag) String() string { return q.text }

// Type is not shown: the usage names the form.
func (q *quantityFlag) Type() string { return "quantity" }

func (q *quantityFlag) Set(text string) error {
	err := q.to.UnmarshalText([]byte(text))
	var hint *document.HintError
	if errors.As(err, &hint) && hint.Hint != "" {
		return fmt.Errorf("%s; %s", hint.Message, hint.Hint)
	}
	if err == nil {
		q.text = text
	}
	return err
}

// shareRange are two shares, written "20%..50%", or one.
type shareRange struct{ low, high document.Share }

func (r *shareRange) UnmarshalText(text []byte) error {
	low, high, ranged := strings.Cut(string(text), "..")
	if !ranged {
		high = low
	}
	if err := errors.Join(r.low.UnmarshalText([]byte(low)), r.high.UnmarshalText([]byte(high))); err != nil {
		return &document.HintError{Message: fmt.Sprintf("%q is no range of shares", text), Hint: "write 20%..50%"}
	}
	if r.high < r.low {
		return &document.HintError{Message: fmt.Sprintf("%q ends below its begin", text), Hint: "write 20%..50%"}
	}
	return nil
}
