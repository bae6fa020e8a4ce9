// Package jupyter is the Jupyter messaging protocol, version 5.5: typed
// messages, signing, connection files and kernelspecs. It opens no socket.
//
// # Messages
//
// A [Message] is one message of the protocol in its wire form: the parts are
// JSON, as they came or as they will go. [Message.Parse] turns the content into
// its type ([ExecuteRequest], [Stream], ...), with the defaults of the protocol
// for what is missing, and [Session.New] makes a message of such a type:
//
//	session := jupyter.NewSession("")
//	msg, err := session.New(nil, &jupyter.ExecuteRequest{Code: "1+1"})
//
// # Wire
//
// A [Codec] turns messages into 0MQ frames and back, and signs them. What it
// decodes was checked in this order: the number of frames and their sizes, the
// signature (HMAC-SHA256 over the four JSON frames, compared in constant time),
// whether the signature was seen before, and only then JSON.
//
// # Files
//
// [ReadConnectionFile] and [ConnectionInfo.WriteFile] handle connection files,
// [FindKernelSpec], [KernelSpecs] and [KernelSpec.Install] kernelspecs, in the
// places where Jupyter looks for them.
//
// # Secrets
//
// A [Key] shows itself neither in %v nor in logs; [Key.Reveal] is the only way
// to its bytes.
//
// The specification is at
// https://jupyter-client.readthedocs.io/en/stable/messaging.html.
package jupyter
