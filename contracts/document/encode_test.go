package document

import (
	"testing"
)

// MarshalNode writes what UnmarshalNode reads.
func (u union) MarshalNode() any {
	if u.text {
		return u.ID
	}
	return map[string]string{"id": u.ID}
}

// What is encoded decodes to the same.
func TestEncode(t *testing.T) {
	seed, wait := uint64(0), Duration(0)
	for _, test := range []struct {
		name, want string
		v          model
	}{
		{"zero", `{}`, model{}},
		{
			"all", `{"name":"<a & b>","size":-1,"small":2,"seed":0,"ratio":0.5,"on":true,"wait":"0s","labels":{"a":"1","b":"2"},` +
				`"parts":[{"id":"p","tags":[1,2]},{}],"best":{"id":"q"},"union":"u","street":"s","city":"c"}`,
			model{
				Name: "<a & b>", Size: -1, Small: 2, Seed: &seed, Ratio: 0.5, On: true, Wait: &wait, Labels: map[string]string{"b": "2", "a": "1"},
				Parts: []part{{ID: "p", Tags: []int{1, 2}}, {}}, Best: &part{ID: "q"}, Union: union{"u", true}, address: address{"s", "c"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := Encode(&test.v)
			if err != nil {
				t.Fatal(err)
			}
			want(t, string(out), test.want)
			again, _, findings := decode(t, string(out))
			want(t, findings, nil)
			want(t, again, test.v)
		})
	}
	out, err := Encode(&model{Name: "a", Hidden: "b", Untagged: "c", Labels: map[string]string{}, Parts: []part{}, Union: union{"u", true}})
	want(t, err, nil)
	want(t, string(out), `{"name":"a","union":"u"}`)
}
