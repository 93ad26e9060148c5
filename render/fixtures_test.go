package render

import (
	"sync"
	"testing"

	"cardlink/templates"
	"cardlink/templates/templatetest"
)

var sharedCatalogue = sync.OnceValues(func() (*templates.Catalogue, error) { return templates.LoadCatalogue(nil) })

func catalogue(t testing.TB) *templates.Catalogue {
	t.Helper()
	c, err := sharedCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func param(name, example string) templates.Param {
	return templates.Param{Type: 1, Name: "${" + name + "}", Example: example}
}

// fixtures are one complete template per layout, by card_id. Their names are those of the goldens. Between them they use every action type.
func fixtures() map[string]*templates.Template {
	cards, err := templatetest.Cards()
	if err != nil {
		panic(err) // embedded files; their own package's test reads them
	}
	out := map[string]*templates.Template{}
	for i := range cards {
		out[cards[i].Draft.CardID] = cards[i].Template()
	}
	return out
}

// valuesOf are the ways each fixture is rendered.
func valuesOf(t *templates.Template) map[string]Values {
	out := map[string]Values{}
	for _, k := range templatetest.Kinds() {
		v := Values{
			Origin: "https://s.example.com", Link: "https://s.example.com/Ab3dE6gH", ResolveID: "8d7c1f2e-6b7a-4c3d-9e8f-0a1b2c3d4e5f",
			Beacon: "AI18Hy5rekw9no8KGyw9Tl8AAAAAAAAAUWnCnLl3qohVRd3MuwAR_-nTzMxNQWN4",
			Expire: "2026-12-31T15:59:59Z", Params: templatetest.Params(t, k),
		}
		if k == templatetest.Hostile {
			v.Origin, v.Link = `https://s.example.com"><b>`, "https://s.example.com/\"</script>\u2028"
		}
		out[string(k)] = v
	}
	return out
}

var longText, hostileText = templatetest.LongValues(), templatetest.HostileValues()
