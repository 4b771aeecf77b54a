namespace TcpCopy.Core.Session.Phases;

/// <summary>Nothing is left to do; what the client still repeats is let go.</summary>
internal sealed class Closed(SessionOutcome outcome, in SessionTally tally) : Phase
{
    private readonly SessionTally _tally = tally;

    public override SessionPhase Name => SessionPhase.Closed;

    public override SessionOutcome? Outcome => outcome;

    public override bool IsClosed => true;

    public override SessionTally Tally => _tally;
}
