package sarif

import "github.com/flowweir/weir/reports/finding"

// The part of the standard's objects that a log of Weir uses, by its names.
type (
	log struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}
	run struct {
		Tool struct {
			Driver driver `json:"driver"`
		} `json:"tool"`
		Automation *automation `json:"automationDetails,omitempty"`
		ColumnKind string      `json:"columnKind"`
		Results    []result    `json:"results"`
	}
	automation struct {
		ID string `json:"id"`
	}
	driver struct {
		Name           string       `json:"name"`
		InformationURI string       `json:"informationUri"`
		Version        string       `json:"version,omitempty"`
		Rules          []descriptor `json:"rules"`
	}
	descriptor struct {
		ID            string        `json:"id"`
		Short         *text         `json:"shortDescription,omitempty"`
		Help          *text         `json:"help,omitempty"`
		Configuration configuration `json:"defaultConfiguration"`
	}
	configuration struct {
		Level string `json:"level"`
	}
	result struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Kind         string            `json:"kind,omitempty"`
		Level        string            `json:"level"`
		Message      text              `json:"message"`
		Locations    []location        `json:"locations,omitempty"`
		Related      []location        `json:"relatedLocations,omitempty"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   properties        `json:"properties,omitzero"`
	}
	location struct {
		ID       int       `json:"id,omitempty"`
		Physical physical  `json:"physicalLocation"`
		Logical  []logical `json:"logicalLocations,omitempty"`
		Message  *text     `json:"message,omitempty"`
	}
	logical struct {
		Path string `json:"fullyQualifiedName"`
	}
	physical struct {
		Artifact artifact `json:"artifactLocation"`
		Region   *region  `json:"region,omitempty"`
		Context  *region  `json:"contextRegion,omitempty"`
	}
	artifact struct {
		URI string `json:"uri"`
	}
	region struct {
		StartLine   int   `json:"startLine"`
		StartColumn int   `json:"startColumn,omitempty"`
		Snippet     *text `json:"snippet,omitempty"`
	}
	text struct {
		Text string `json:"text"`
	}
	// properties are free by the standard: the parts of a finding as they are.
	properties struct {
		Hint           string                  `json:"hint,omitempty"`
		Counterexample *finding.Counterexample `json:"counterexample,omitempty"`
		Record         *finding.Record         `json:"record,omitempty"`
	}
)
