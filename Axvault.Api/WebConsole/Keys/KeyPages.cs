using Axvault.Api.WebConsole.Layout;
using Axvault.Client;
using RazorSlices;

namespace Axvault.Api.WebConsole.Keys;

/// <summary>The pages of the API keys.</summary>
internal static class KeyPages
{
    // More does not fit into the number of seconds that the API takes. The API has a limit of its own below it.
    private const int MaxOverlapHours = int.MaxValue / 3600;

    /// <summary>Maps the pages below <c>/console/keys</c>.</summary>
    public static void MapKeyPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/keys", ListAsync);
        pages.MapGet("/keys/new", ShowNew);
        pages.MapPost("/keys/new", CreateAsync);
        pages.MapGet("/keys/{id}", ShowAsync);
        pages.MapPost("/keys/{id}", ChangeAsync);
        pages.MapPost("/keys/{id}/rotate", RotateAsync);
        pages.MapPost("/keys/{id}/delete", DeleteAsync);
    }

    private static async Task<IResult> ListAsync(ConsoleVisit visit, TimeProvider time, bool? issued, CancellationToken cancellationToken)
    {
        var keys = await visit.Vault.Keys.ListAsync(issued is true, cancellationToken);
        return KeyList.Create(new KeyListModel(visit.Frame("Keys", ConsoleSection.Keys), keys, issued is true, time.GetUtcNow()));
    }

    private static RazorSlice<KeyNewModel> ShowNew(ConsoleVisit visit) =>
        KeyNew.Create(new KeyNewModel(visit.Frame("New key", ConsoleSection.Keys), KeyFields.Empty, null));

    private static async Task<IResult> CreateAsync(ConsoleVisit visit, CancellationToken cancellationToken)
    {
        var fields = KeyFields.Of(visit);
        try
        {
            var created = await visit.Vault.Keys.CreateAsync(fields.ToNewKey(), cancellationToken);
            return KeySecret.Create(
                new KeySecretModel(visit.Frame("New key", ConsoleSection.Keys), created, created.RevealSecret(), KeyWords.Describe(created))
            );
        }
        catch (AxvaultException exception) when (FormFailure.IsOfForm(exception))
        {
            var page = KeyNew.Create(new KeyNewModel(visit.Frame("New key", ConsoleSection.Keys), fields, FormFailure.Of(exception)));
            return Results.RazorSlice(page, FormFailure.StatusOf(exception));
        }
    }

    private static async Task<IResult> ShowAsync(ConsoleVisit visit, string id, TimeProvider time, CancellationToken cancellationToken) =>
        Page(visit, await visit.Vault.Keys.ReadAsync(id, cancellationToken), null, null, time);

    private static async Task<IResult> ChangeAsync(ConsoleVisit visit, string id, TimeProvider time, CancellationToken cancellationToken)
    {
        var fields = KeyFields.Of(visit);
        try
        {
            await visit.Vault.Keys.UpdateAsync(id, fields.ToChange(), visit.IsTicked("force"), cancellationToken);
            return ConsoleVisit.SeeOther($"/console/keys/{Uri.EscapeDataString(id)}?done=key-changed");
        }
        catch (AxvaultException exception) when (FormFailure.IsOfForm(exception))
        {
            var key = await visit.Vault.Keys.ReadAsync(id, cancellationToken);
            return Results.RazorSlice(Page(visit, key, fields, FormFailure.Of(exception), time), FormFailure.StatusOf(exception));
        }
    }

    private static async Task<IResult> RotateAsync(ConsoleVisit visit, string id, CancellationToken cancellationToken)
    {
        var hours = RightsFields.Number(visit.Text("overlap") ?? "", MaxOverlapHours);
        TimeSpan? overlap = hours is { } given ? TimeSpan.FromHours(given) : null;
        var rotated = await visit.Vault.Keys.RotateAsync(id, overlap, cancellationToken);
        return KeySecret.Create(
            new KeySecretModel(visit.Frame("New secret", ConsoleSection.Keys), rotated, rotated.RevealSecret(), KeyWords.Describe(rotated))
        );
    }

    private static async Task<IResult> DeleteAsync(ConsoleVisit visit, string id, CancellationToken cancellationToken)
    {
        await visit.Vault.Keys.DeleteAsync(id, visit.IsTicked("force"), cancellationToken);
        return ConsoleVisit.SeeOther("/console/keys?done=key-deleted");
    }

    private static RazorSlice<KeyDetailModel> Page(ConsoleVisit visit, ApiKey key, KeyFields? fields, FormFailure? failure, TimeProvider time) =>
        KeyDetail.Create(
            new KeyDetailModel(
                visit.Frame(key.Name, ConsoleSection.Keys),
                key,
                KeyWords.Describe(key),
                fields ?? KeyFields.Of(key),
                failure,
                time.GetUtcNow()
            )
        );
}
