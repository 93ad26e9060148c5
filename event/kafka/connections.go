package kafka

import (
	"context"
	"errors"
	"net"
	"sync"
)

// connections knows the connections of one writer or consumer, so that its Close can end them: kafka-go lets a connection with a request under
// way live until the broker answers.
type connections struct {
	dialer func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex
	open   map[*connection]struct{}
	closed bool
}

type connection struct {
	net.Conn
	set *connections
}

func newConnections(c Cluster) *connections {
	s := &connections{dialer: c.Dial, open: make(map[*connection]struct{})}
	if s.dialer == nil {
		s.dialer = (&net.Dialer{Timeout: c.DialTimeout}).DialContext
	}
	return s
}

func (s *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	raw, err := s.dialer(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &connection{raw, s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.Join(ErrClosed, raw.Close())
	}
	s.open[c] = struct{}{}
	return c, nil
}

// Close ends the connection and forgets it.
func (c *connection) Close() error {
	c.set.mu.Lock()
	delete(c.set.open, c)
	c.set.mu.Unlock()
	return c.Conn.Close()
}

// close ends all connections, now and in future.
func (s *connections) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.open {
		c.Conn.Close()
	}
	clear(s.open)
}
