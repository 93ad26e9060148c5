package bench

import "net"

// freeAddr is a loopback address nobody listens on now. A link's domain holds its port, so the port must outlive a restart of the product.
func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}
