using System.Globalization;
using System.Net;
using TcpCopy.TestTraffic;

// Servers and clients that end-to-end tests put on the lab's hosts. A server prints "listening" when it is, then one JSON line for each
// connection or upload that it has seen to its end; a client prints one JSON line a connection and ends.
return args switch
{
    ["echo", var port] => await Server.RunAsync(Number(port), EchoConnection.ServeAsync),
    ["greet", var port] => await Server.RunAsync(Number(port), GreetingConnection.ServeAsync),
    ["upload", var port] => await Server.RunAsync(Number(port), UploadConnection.ServeAsync),
    ["talk", var address, var port, var clients, var messages, var bytes, ..] => await EchoClient.RunAsync(
        new IPEndPoint(IPAddress.Parse(address), Number(port)),
        new EchoClient.Plan(Number(clients), Number(messages), Number(bytes), WaitForGreeting: args is [.., "greeted"])),
    _ => Usage(),
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Usage()
{
    Console.Error.WriteLine("usage: echo PORT | greet PORT | upload PORT | talk ADDRESS PORT CLIENTS MESSAGES BYTES [greeted]");
    return 2;
}
