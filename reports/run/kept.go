package run

import "github.com/flowweir/weir/reports/secret"

// kept returns a copy of v as a file of a run directory has it: no text says a
// secret, whoever wrote it, since errors quote URLs and settings.
func kept(v any) any { return secret.Copy(v, secret.Message, nil) }
