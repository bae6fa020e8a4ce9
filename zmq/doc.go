// Package zmq is 0MQ in pure Go: sockets that are channels.
package zmq
