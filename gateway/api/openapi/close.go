package openapi

// CloseObjects closes the objects of a document, decoded from JSON, in place: fields that a schema does not name become violations of it. The document itself leaves them
// open, as clients should take them; what checks us should not.
func CloseObjects(doc map[string]any) {
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	for _, s := range schemas {
		closeSchema(s)
	}
	closeMedia(doc)
}

// closeMedia finds the schemas of bodies wherever they stand.
func closeMedia(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			switch k {
			case "schema":
				closeSchema(x)
			case "example", "schemas":
			default:
				closeMedia(x)
			}
		}
	case []any:
		for _, x := range v {
			closeMedia(x)
		}
	}
}

func closeSchema(v any) {
	s, isObject := v.(map[string]any)
	if !isObject {
		return
	}
	if properties, has := s["properties"].(map[string]any); has {
		if _, open := s["additionalProperties"]; !open {
			s["additionalProperties"] = false
		}
		for _, p := range properties {
			closeSchema(p)
		}
	}
	for _, k := range [...]string{"items", "additionalProperties", "contentSchema"} {
		closeSchema(s[k])
	}
	if list, has := s["oneOf"].([]any); has {
		for _, one := range list {
			closeSchema(one)
		}
	}
}
