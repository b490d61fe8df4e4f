"""Writes verdicts.json: what python-jsonschema, which shares no code with the
validator that Weir uses, says of documents under schemas of every draft.

    pip install jsonschema==4.26.0 && python make.py > verdicts.json

Each keyword stands alone and beside $ref, in every draft whose metaschema
takes it there, also in drafts that do not have it. Left out is what validators
are free to differ in: format, and whether 1.0 is an integer in draft 4. So is
contains beside unevaluatedItems in draft 2019-09, where python-jsonschema takes
what contains matches for evaluated, as only draft 2020-12 has it.
"""

import json

import jsonschema

DRAFTS = {
    "http://json-schema.org/draft-04/schema#": jsonschema.Draft4Validator,
    "http://json-schema.org/draft-06/schema#": jsonschema.Draft6Validator,
    "http://json-schema.org/draft-07/schema#": jsonschema.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
}

DOCUMENTS = [
    None, True, False, 0, 1, 2, 3, -1, 3.5, 0.5, "", "a", "ab", "abc", "1", "é😀",
    [], [1], [1, 1], [0, False], [1, True], ["a"], ["a", 1], [1, "a"], ["a", "b", "c"], [[1], [1]], [{"a": 1}, {"a": 1}], [[], {}],
    {}, {"a": 1}, {"a": "x"}, {"a": []}, {"a": {}}, {"b": 1}, {"a": 1, "b": 2}, {"a": 1, "c": 2}, {"ab": 1}, {"a": {"a": 1}}, {"a": {"a": {"b": 1}}}, {"a": {"a": "x"}},
]

KEYWORDS = [
    {"const": 1}, {"const": "1"}, {"const": [1]}, {"const": {"a": 1}}, {"const": None}, {"const": False},
    {"enum": [1, "a", [1, 1], {"a": {}}]}, {"enum": [None, 0]},
    {"type": "integer"}, {"type": ["string", "array"]}, {"type": "number"}, {"type": "object"},
    {"minimum": 1}, {"maximum": 1}, {"exclusiveMinimum": 1}, {"exclusiveMaximum": 1},
    {"minimum": 1, "exclusiveMinimum": True}, {"maximum": 1, "exclusiveMaximum": True}, {"multipleOf": 2}, {"multipleOf": 0.5}, {"divisibleBy": 2},
    {"minLength": 2}, {"maxLength": 2}, {"pattern": "^a"},
    {"minItems": 2}, {"maxItems": 1}, {"uniqueItems": True}, {"items": {"type": "string"}}, {"items": False},
    {"items": [{"type": "string"}]}, {"items": [{"type": "string"}], "additionalItems": False}, {"additionalItems": False}, {"items": {}, "additionalItems": False},
    {"prefixItems": [{"type": "string"}]}, {"prefixItems": [{"type": "string"}], "items": False}, {"prefixItems": [{"type": "string"}], "additionalItems": False},
    {"contains": {"type": "string"}}, {"contains": {"type": "integer"}, "minContains": 2}, {"contains": {"type": "integer"}, "minContains": 0, "maxContains": 1}, {"minContains": 1},
    {"unevaluatedItems": False}, {"contains": {"type": "string"}, "unevaluatedItems": False}, {"items": [{}], "unevaluatedItems": False}, {"prefixItems": [{}], "unevaluatedItems": False},
    {"properties": {"a": {"type": "integer"}}}, {"patternProperties": {"^a": {"type": "integer"}}}, {"additionalProperties": False},
    {"properties": {"a": {}}, "additionalProperties": False}, {"patternProperties": {"b$": {}}, "additionalProperties": {"type": "object"}},
    {"required": ["a"]}, {"minProperties": 1}, {"maxProperties": 1}, {"propertyNames": {"maxLength": 1}}, {"propertyNames": False},
    {"unevaluatedProperties": False}, {"properties": {"a": {}}, "unevaluatedProperties": False}, {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": {"type": "string"}},
    {"dependencies": {"a": ["b"]}}, {"dependencies": {"a": {"required": ["b"]}}}, {"dependencies": {"a": False}},
    {"dependentRequired": {"a": ["b"]}}, {"dependentSchemas": {"a": {"required": ["b"]}}},
    {"allOf": [{"minimum": 1}, {"maximum": 2}]}, {"anyOf": [{"type": "string"}, {"minimum": 1}]}, {"oneOf": [{"type": "integer"}, {"minimum": 1}]}, {"not": {"type": "string"}},
    {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "object"}}, {"if": {"type": "string"}}, {"then": False}, {"else": False},
    {"type": "object", "properties": {"a": {"$ref": "#"}}}, {"type": "object", "properties": {"a": {"$recursiveRef": "#"}}}, {"type": "object", "properties": {"a": {"$dynamicRef": "#"}}},
]


def schemas(uri):
    beside = set()
    for keyword in KEYWORDS:
        if "2019-09" in uri and {"contains", "unevaluatedItems"} <= keyword.keys():
            continue
        yield {"$schema": uri, **keyword}
        if tuple(keyword) in beside:
            continue
        beside.add(tuple(keyword))
        yield {"$schema": uri, "allOf": [{"$ref": "#/definitions/any", **keyword}], "definitions": {"any": {"not": {"enum": [2]}}}}


def verdicts():
    for uri, validator in DRAFTS.items():
        for schema in schemas(uri):
            try:
                validator.check_schema(schema)
            except jsonschema.SchemaError:
                continue
            yield {"schema": schema, "valid": "".join("01"[validator(schema).is_valid(d)] for d in DOCUMENTS)}


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(v) for v in verdicts())
    documents = ",\n".join(json.dumps(d) for d in DOCUMENTS)
    print('{"documents": [\n%s\n],\n"verdicts": [\n%s\n]}' % (documents, lines))
