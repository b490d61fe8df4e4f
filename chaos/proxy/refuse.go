package proxy

import (
	"fmt"
	"reflect"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// refuse makes the reply that says of everything in a request that it failed.
// data is the frame without its length.
func refuse(data []byte, r request, code int16) (kmsg.Response, error) {
	req := kmsg.RequestForKey(r.key)
	if req == nil || r.version > req.MaxVersion() {
		return nil, fmt.Errorf("request %d of version %d cannot be answered with an error: it is not known", r.key, r.version)
	}
	req.SetVersion(r.version)
	b := kbin.Reader{Src: data}
	b.Span(2 + 2 + 4)
	b.NullableString()
	if req.IsFlexible() {
		kmsg.SkipTags(&b)
	}
	if err := req.ReadFrom(b.Src); !b.Ok() || err != nil {
		return nil, fmt.Errorf("%s of version %d cannot be read", kmsg.NameForKey(r.key), r.version)
	}
	resp := req.ResponseKind()
	mirror(reflect.ValueOf(resp).Elem(), reflect.ValueOf(req).Elem(), code)
	return resp, nil
}

// mirror fills a reply with what was asked for and an error code wherever
// there is a place for one. Requests and replies name the same things alike:
// a list of structures that both have is repeated, with the fields that both
// have; a list of names becomes a list of structures with that name.
func mirror(resp, req reflect.Value, code int16) (codes int) {
	for i := range resp.NumField() {
		field, name := resp.Field(i), resp.Type().Field(i).Name
		if name == "ErrorCode" && field.Kind() == reflect.Int16 {
			field.SetInt(int64(code))
			codes++
			continue
		}
		from := req.FieldByName(name)
		if name == "Coordinators" && !from.IsValid() {
			from = req.FieldByName("CoordinatorKeys")
		}
		switch {
		case !from.IsValid() || name == "Version":
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.Struct && from.Kind() == reflect.Slice:
			for j := range from.Len() {
				element := reflect.New(field.Type().Elem())
				if d, ok := element.Interface().(interface{ Default() }); ok {
					d.Default()
				}
				codes += mirrorElement(element.Elem(), from.Index(j), code)
				field.Set(reflect.Append(field, element.Elem()))
			}
		case from.Type() == field.Type() && name != "UnknownTags":
			field.Set(from)
		}
	}
	return codes
}

func mirrorElement(element, from reflect.Value, code int16) (codes int) {
	if from.Kind() == reflect.Struct {
		return mirror(element, from, code)
	}
	named := false
	for i := range element.NumField() {
		switch field := element.Field(i); {
		case element.Type().Field(i).Name == "ErrorCode":
			field.SetInt(int64(code))
			codes++
		case !named && field.Type() == from.Type():
			field.Set(from)
			named = true
		}
	}
	return codes
}

// CarriesError says why requests of a kind cannot be answered with an error,
// or nil where they can.
func CarriesError(key kmsg.Key) error {
	switch key {
	case kmsg.Metadata, kmsg.ApiVersions, kmsg.SASLHandshake, kmsg.SASLAuthenticate, kmsg.DescribeCluster:
		return fmt.Errorf("proxy: %s cannot be answered with an error: clients connect by it", key.Name())
	case kmsg.ControlledShutdown:
		return fmt.Errorf("proxy: %s cannot be answered with an error: brokers send it, not clients", key.Name())
	}
	req := kmsg.RequestForKey(int16(key))
	if req == nil {
		return fmt.Errorf("proxy: there is no request with the API key %d", key)
	}
	asked := reflect.ValueOf(req).Elem()
	one(asked)
	if mirror(reflect.ValueOf(req.ResponseKind()).Elem(), asked, 1) == 0 {
		return fmt.Errorf("proxy: %s cannot be answered with an error: its reply has no place for one that the proxy knows", key.Name())
	}
	return nil
}

// one puts one element into each list of a request.
func one(v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && v.Type().Field(i).Name != "UnknownTags" && f.CanSet() {
			element := reflect.New(f.Type().Elem()).Elem()
			if element.Kind() == reflect.Struct {
				one(element)
			}
			f.Set(reflect.Append(f, element))
		}
	}
}
