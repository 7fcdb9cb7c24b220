namespace Axvault.Exercise.Load;

/// <summary>What a request of the load was.</summary>
internal enum AnswerKind
{
    /// <summary>A PUT of a number that grows.</summary>
    Write,

    /// <summary>A GET of such a number.</summary>
    Read,

    /// <summary>A GET of a login whose access token lives some seconds.</summary>
    Token,
}
