package sim

import (
	"encoding/json"
	"net/http"
)

// Handler shows the simulator to people and scripts:
//
//	GET  /messages   the messages kept, oldest first
//	GET  /stats      Stats
//	POST /replies    {"account":"901234","from":"13800138000","to":"1069001234","text":"TD"} sends a text from a handset
//
// It has no access control: listen on loopback.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	show := func(v func() any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v()) // the client's loss
		}
	}
	mux.HandleFunc("GET /messages", show(func() any { return s.Accepted() }))
	mux.HandleFunc("GET /stats", show(func() any { return s.Stats() }))
	mux.HandleFunc("POST /replies", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Account, From, To, Text string }
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in)
		if err == nil {
			err = s.Reply(in.Account, in.From, in.To, in.Text)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}
