package scenario

import "github.com/flowweir/weir/reports/secret"

// withoutSecrets answers what the run directory keeps of a scenario: a copy of
// which every text, wherever it stands, says no secret.
func (s *Scenario) withoutSecrets() *Scenario {
	out := *s
	out.Doc, out.wrong = nil, nil
	return secret.Copy(&out, secret.Text, secret.Args).(*Scenario)
}
