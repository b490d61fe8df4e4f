package asyncapi

import (
	"path"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

// schema reads a payload, headers or key: AsyncAPI's own schema object, or a
// multi-format one with schemaFormat.
func (d *Document) schema(n *document.Node) *Schema {
	r := d.reader
	s := &Schema{Format: contracts.FormatJSONSchema}
	if resolved := r.resolve(n, ""); resolved != nil && get(resolved, "schemaFormat") != nil {
		s.MediaType = text(resolved, "schemaFormat")
		s.Format = formatOf(s.MediaType)
		if n = get(resolved, "schema"); n == nil {
			return nil // AsyncAPI's schema has said so
		}
	}
	if s.node = r.resolve(n, ""); s.node == nil {
		return nil
	}
	s.Position = *r.at(s.node)
	place, ok := r.places[s.node]
	if !ok {
		return nil
	}
	if place.pointer == "" && place.file.name != d.File && s.Format == formatOfFile(place.file.name) {
		s.File = place.file.name
		return s
	}
	s.File = virtualName(d.File, place)
	if d.virtual[s.File] == nil {
		d.virtual[s.File] = &virtualFile{node: s.node, schema: s}
	}
	return s
}

// formatOf is the format of package contracts behind a media type.
func formatOf(mediaType string) string {
	name, _, _ := strings.Cut(mediaType, ";")
	switch name = strings.ToLower(strings.TrimSpace(name)); {
	case strings.HasPrefix(name, "application/vnd.aai.asyncapi"), strings.HasPrefix(name, "application/schema"):
		return contracts.FormatJSONSchema
	case strings.HasPrefix(name, "application/vnd.apache.avro"):
		return contracts.FormatAvro
	case name == "application/vnd.google.protobuf", name == "application/x-protobuf", name == "application/protobuf":
		return contracts.FormatProtobuf
	}
	return ""
}

// formatOfFile is the format that a file of its own has by its ending; YAML
// is none of them, since the readers of schemas take JSON.
func formatOfFile(name string) string {
	switch path.Ext(name) {
	case ".json":
		return contracts.FormatJSONSchema
	case ".avsc":
		return contracts.FormatAvro
	case ".proto":
		return contracts.FormatProtobuf
	}
	return ""
}

// dialect is the $schema that a media type stands for; "" where the schema
// itself may say it.
func dialect(mediaType string) string {
	_, version, _ := strings.Cut(strings.ReplaceAll(mediaType, " ", ""), ";version=")
	switch {
	case strings.Contains(mediaType, "vnd.aai.asyncapi"), mediaType == "", strings.HasPrefix(version, "draft-07"):
		return "http://json-schema.org/draft-07/schema#"
	case strings.Contains(version, "2019-09"):
		return "https://json-schema.org/draft/2019-09/schema"
	case strings.Contains(version, "2020-12"):
		return "https://json-schema.org/draft/2020-12/schema"
	}
	return ""
}

// virtualName names a schema inside a document: DOCUMENT#/pointer, or
// DOCUMENT#/FILE#/pointer where it stands in another file of the document. The
// name is a valid path, in which no element is empty or dots, and its ending
// is not one that readers of schemas know.
func virtualName(document string, place source) string {
	inside := tokens(place.pointer)
	last := len(inside) - 1
	if path.Ext(inside[last]) != "" {
		inside[last] = strings.ReplaceAll(inside[last], ".", "%2E")
	}
	name := document + "#/"
	if place.file.name != document {
		name += strings.Join(tokens(relative(path.Dir(document), place.file.name)), "/") + "#/"
	}
	return name + strings.Join(inside, "/")
}

// tokens are the elements of a pointer or path as a valid path has them.
func tokens(of string) []string {
	all := strings.Split(strings.TrimPrefix(of, "/"), "/")
	for i, token := range all {
		switch token {
		case "":
			all[i] = "%"
		case ".", "..":
			all[i] = strings.ReplaceAll(token, ".", "%2E")
		}
	}
	return all
}

// headers are the headers that a schema names, those of allOf included.
func (d *Document) headers(n *document.Node) []Header {
	required := map[string]bool{}
	var found []Header
	var collect func(n *document.Node, depth int)
	collect = func(n *document.Node, depth int) {
		if n = d.reader.resolveAny(n); n == nil || depth > maxHops {
			return
		}
		for _, item := range items(get(n, "required")) {
			required[item.Text] = true
		}
		for _, entry := range entries(get(n, "properties")) {
			pattern := text(d.reader.resolveAny(entry.Value), "pattern")
			found = append(found, Header{Name: entry.Key.Text, Pattern: pattern})
		}
		for _, part := range items(get(n, "allOf")) {
			collect(part, depth+1)
		}
	}
	collect(n, 0)
	var out []Header
	seen := map[string]bool{}
	for _, h := range found {
		if !seen[h.Name] {
			h.Required = required[h.Name]
			out = append(out, h)
		}
		seen[h.Name] = true
	}
	return out
}
