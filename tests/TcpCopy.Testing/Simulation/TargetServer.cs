namespace TcpCopy.Testing.Simulation;

/// <summary>The target's application: reads requests, thinks, answers each that has come whole, and closes when its client has or it pleases.</summary>
public sealed class TargetServer(Timeline timeline, NetworkPlan plan, OnlineClient client)
{
    private static readonly TimeSpan ReadingPause = TimeSpan.FromMilliseconds(10);

    private readonly ServerTraits _traits = plan.Server;

    /// <summary>Requests of which bytes came before the one before was answered, though the client had waited for that.</summary>
    public int EarlyRequests { get; private set; }

    /// <summary>A FIN came before the answer behind it had got through.</summary>
    public bool WasCutShort { get; private set; }

    /// <summary>Offset in the client's stream of a connection's first byte.</summary>
    public int OffsetOf(TargetConnection connection) => connection.First - (client.Start + 1);

    public void Serve(TargetConnection connection)
    {
        var end = connection.End;
        if (_traits.ReadsEvery10Milliseconds == 0)
            end.Read(long.MaxValue / 2);
        else if (end.UnreadBytes > 0)
            ReadSoon(connection);
        if (!end.IsOpen)
            return;
        if (end.ClientFinished && !connection.HasSeenFin)
            WasCutShort |= connection.IsThinking || end.AcknowledgedBytes < end.WrittenBytes;
        connection.HasSeenFin = end.ClientFinished;
        if (_traits.ResetsBehind > 0 && end.ReadBytes >= _traits.ResetsBehind)
            end.Reset();
        else if (FirstExchange(connection) is >= 0 and var first)
            Answer(connection, first + connection.Answered, OffsetOf(connection));
        else if (end.ClientFinished)
            end.Close();
    }

    /// <summary>The exchange that begins where the connection does: those without a request begin where the next one does.</summary>
    private int FirstExchange(TargetConnection connection)
    {
        var offset = OffsetOf(connection);
        for (var index = 0; index < client.Requests.Count; index++)
        {
            if (client.Requests[index] == offset)
                return index;
        }
        return -1;
    }

    private void Answer(TargetConnection connection, int index, int offset)
    {
        var end = connection.End;
        if (index >= client.Requests.Count)
        {
            if (end.ClientFinished || _traits.ClosesFirst)
                timeline.After(_traits.Thinks, end.Close);
            return;
        }
        var needed = client.Requests[index] + plan.Exchanges[index].Request - offset;
        if (end.ReceivedBytes > needed && plan.Exchanges[index].OnlineAnswer > 0)
            EarlyRequests++;
        if (end.ReadBytes < needed)
        {
            // Half a request, and no more to come.
            if (end.ClientFinished && end.UnreadBytes == 0)
                end.Close();
            return;
        }
        if (connection.IsThinking)
            return;
        connection.IsThinking = true;
        timeline.After(_traits.Thinks, () => Write(connection, plan.Exchanges[index].TargetAnswer, _traits.Writes));
    }

    private void Write(TargetConnection connection, int bytes, int writes)
    {
        connection.End.Write(bytes / writes);
        if (writes > 1)
        {
            timeline.After(_traits.BetweenWrites, () => Write(connection, bytes - (bytes / writes), writes - 1));
            return;
        }
        connection.IsThinking = false;
        connection.Answered++;
        if (connection.Answered == _traits.ResetsAfter)
            connection.End.Reset();
        else if (connection.Answered == _traits.ClosesAfter)
            connection.End.Close();
        else
            Serve(connection);
    }

    private void ReadSoon(TargetConnection connection)
    {
        if (connection.IsReading)
            return;
        connection.IsReading = true;
        var hangs = _traits.Hangs.Covers(timeline.Elapsed);
        var wait = hangs ? _traits.Hangs.From + _traits.Hangs.Length - timeline.Elapsed : ReadingPause;
        timeline.After(wait, () =>
        {
            connection.IsReading = false;
            connection.End.Read(_traits.ReadsEvery10Milliseconds);
            Serve(connection);
        });
    }
}
