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
    ["http", var port, var delay, var wrongEvery] => await Server.RunAsync(
        Number(port), new HttpConnection(TimeSpan.FromMilliseconds(Number(delay)), Number(wrongEvery)).ServeAsync),
    ["talk", var address, var port, var clients, var messages, var bytes, ..] => await EchoClient.RunAsync(
        new IPEndPoint(IPAddress.Parse(address), Number(port)),
        new EchoClient.Plan(Number(clients), Number(messages), Number(bytes), WaitForGreeting: args is [.., "greeted"])),
    ["awkward", var address, var port] => await AwkwardClients.RunAsync(new IPEndPoint(IPAddress.Parse(address), Number(port))),
    ["hold", var address, var port, var clients] => await HoldingClients.RunAsync(
        new IPEndPoint(IPAddress.Parse(address), Number(port)), Number(clients)),
    ["ask", var address, var port, var clients, var rate, var requests] => await SteadyClients.RunAsync(
        new IPEndPoint(IPAddress.Parse(address), Number(port)), Number(clients), Number(rate), Number(requests)),
    _ => Usage(),
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Usage()
{
    Console.Error.WriteLine(
        "usage: echo PORT | greet PORT | upload PORT | http PORT DELAY-MS WRONG-EVERY | talk ADDRESS PORT CLIENTS MESSAGES BYTES [greeted] | "
        + "awkward ADDRESS PORT | hold ADDRESS PORT CLIENTS | ask ADDRESS PORT CLIENTS RATE REQUESTS");
    return 2;
}
