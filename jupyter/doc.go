// Package jupyter is the Jupyter messaging protocol: typed messages, signing,
// connection files and kernelspecs. It opens no socket.
package jupyter
