namespace Axvault.Exercise.Load;

/// <summary>The kind of a request of the load.</summary>
internal enum AnswerKind
{
    /// <summary>A PUT of an increasing number.</summary>
    Write,

    /// <summary>A GET of such a number.</summary>
    Read,

    /// <summary>A GET of a login whose access token lives some seconds.</summary>
    Token,
}
