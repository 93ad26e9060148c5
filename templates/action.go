package templates

// actionFields reads an action's fields by wire name: text, or an integer that may be absent.
var actionFields = map[string]func(*Action) (text string, number *int){
	"package_name": func(a *Action) (string, *int) { return a.PackageName, nil },
	"floor_type":   func(a *Action) (string, *int) { return "", a.FloorType },
	"floor_url":    func(a *Action) (string, *int) { return a.FloorURL, nil },
	"body":         func(a *Action) (string, *int) { return a.Body, nil },
	"subject":      func(a *Action) (string, *int) { return a.Subject, nil },
	"description":  func(a *Action) (string, *int) { return a.Description, nil },
	"begin_time":   func(a *Action) (string, *int) { return a.BeginTime, nil },
	"end_time":     func(a *Action) (string, *int) { return a.EndTime, nil },
	"address":      func(a *Action) (string, *int) { return a.Address, nil },
	"longitude":    func(a *Action) (string, *int) { return a.Longitude, nil },
	"latitude":     func(a *Action) (string, *int) { return a.Latitude, nil },
	"content":      func(a *Action) (string, *int) { return a.Content, nil },
	"text_button":  func(a *Action) (string, *int) { return a.TextButton, nil },
	"mode":         func(a *Action) (string, *int) { return "", a.Mode },
}
