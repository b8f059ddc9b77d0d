"""FHIR Questionnaires: what they say about the items of their responses, and the weights of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from outcomes.errors import DataError, Problem
from outcomes.loading.codebook import Codebook, Field
from outcomes.loading.fhir.documents import objects_of, read_resources, text_of
from outcomes.loading.source import Source

DEFINING = ("Questionnaire", "ValueSet", "CodeSystem")
"""Resources that define a form; they are companions of data and hold none."""

_WEIGHTS = ("ordinalvalue", "itemweight")


@dataclass(frozen=True)
class Concept:
    """One answer of a list: its code and words, and its weight as it was written (empty: none)."""

    code: str
    display: str
    weight: str = ""


@dataclass(frozen=True)
class Form:
    """One Questionnaire.

    Attributes
    ----------
    url, id, version : str, by which responses name it
    names : tuple of str, its own names
    codes : tuple of str, codes of the form as a whole
    fields : mapping of linkId to Field, the items without children in their order
    concepts : mapping of linkId to the answers of the item
    """

    url: str
    id: str
    version: str = ""
    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    concepts: Mapping[str, tuple[Concept, ...]] = field(default_factory=dict)


def read_forms(contents: Iterable[dict[str, Any]], *, inside: bool = False) -> tuple[Form, ...]:
    """Read the Questionnaires among some resources, with the answer lists that stand there or inside them.

    Parameters
    ----------
    contents : the resources
    inside : bool, True where they are contained in another one, and so name each other by #id
    """
    contents = list(contents)
    shared = _read_lists(contents, inside=inside)
    return tuple(_read_form(one, shared) for one in contents if one.get("resourceType") == "Questionnaire")


def read_weights(contents: Iterable[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """The weights that CodeSystems give to their codes, by system and code."""
    found: dict[tuple[str, str], str] = {}
    for one in contents:
        if one.get("resourceType") == "CodeSystem":
            listed = _read_concepts(one.get("concept"))
            found |= {(text_of(one.get("url")), c.code): c.weight for c in listed if c.weight}
    return found


def read_form_file(source: Source) -> tuple[Form, ...]:
    """Read a companion file of Questionnaires.

    Raises
    ------
    DataError
        E250 where there is no Questionnaire; otherwise as read_resources, all under the name of the
        dictionary.
    """
    label = f"dictionary of input-{source.number}"
    try:
        resources, _, _ = read_resources(source)
    except DataError as error:
        raise DataError([Problem(one.code, label, one.message) for one in error.found]) from None
    forms = read_forms(one.content for one in resources)
    if not forms:
        message = "a Questionnaire is needed; the file holds none. Give the definition of the form."
        raise DataError(Problem("E250", label, message))
    return forms


def make_codebook(forms: Iterable[Form]) -> Codebook:
    """The items of some forms by linkId; what two of them say differently is left out."""
    fields: dict[str, Field] = {}
    differing = set()
    for form in forms:
        for link, one in form.fields.items():
            if fields.setdefault(link, one) != one:
                differing.add(link)
    notes = (f"{len(differing)} items that two Questionnaires define differently are not used",)
    return Codebook(
        {link: one for link, one in fields.items() if link not in differing}, notes if differing else ()
    )


def find_forms(reference: str, forms: Iterable[Form]) -> list[Form]:
    """The forms that a response may mean; one where its address tells, none where it is not there.

    Parameters
    ----------
    reference : the address that the response names, with or without a version
    forms : the Questionnaires at hand

    Notes
    -----
    An address that is the form's own, or its #id, comes before one that shares its id alone; and a form that
    stands under the same id on another server is another form. Of two versions only the one that the response
    names is meant; where either names none, nothing tells them apart.
    """
    wanted, _, version = reference.partition("|")
    if not wanted:
        return []
    forms = list(forms)
    own = [form for form in forms if wanted in (form.url.split("|")[0], f"#{form.id}")]
    found = own or [form for form in forms if form.id and _may_be(wanted, form)]
    exact = [form for form in found if version and form.version == version]
    return exact or [form for form in found if not (version and form.version)]


def _may_be(wanted: str, form: Form) -> bool:
    """Whether an address on some server may be that of a form: by its id, and on no other server."""
    server, _, id = f"/{wanted}".rpartition("/Questionnaire/")
    elsewhere = form.url.split("|")[0].endswith(f"/Questionnaire/{form.id}")
    return id == form.id and not (server and elsewhere)


def name_form(content: Mapping[str, Any]) -> str:
    """The address by which a response names its form: a canonical, or a reference in STU3."""
    named = content.get("questionnaire")
    return text_of(named.get("reference")) if isinstance(named, dict) else text_of(named)


def read_weight(holder: Mapping[str, Any]) -> str:
    """The weight that an extension or property gives to an answer; empty where there is none."""
    for one in objects_of(holder.get("extension")):
        if text_of(one.get("url")).lower().endswith(_WEIGHTS):
            return _value(one)
    for one in objects_of(holder.get("property")):
        if text_of(one.get("code")).lower() in _WEIGHTS:
            return _value(one)
    return ""


def list_codes(coded: Any) -> list[str]:
    """All codes of a Coding, a CodeableConcept, or a list of either."""
    codes = []
    for one in objects_of(coded):
        codes += [text_of(part.get("code")) for part in (one, *objects_of(one.get("coding")))]
    return [code for code in codes if code]


def _read_form(content: dict[str, Any], shared: Mapping[str, tuple[Concept, ...]]) -> Form:
    lists = {**shared, **_read_lists(objects_of(content.get("contained")), inside=True)}
    fields: dict[str, Field] = {}
    concepts: dict[str, tuple[Concept, ...]] = {}
    for item in _leaves(content):
        link, options = text_of(item.get("linkId")), _read_options(item, lists)
        codes = list_codes(item.get("code"))
        fields[link] = Field(
            link,
            label=text_of(item.get("text")),
            choices={one.code: one.display or one.code for one in options if one.code},
            code=codes[0] if codes else "",
        )
        concepts[link] = options
    names = [text_of(content.get(key)) for key in ("url", "id", "name", "title")]
    codes = list_codes(content.get("code"))
    codes += [text_of(one.get("value")) for one in objects_of(content.get("identifier"))]
    url, id, version = (text_of(content.get(key)) for key in ("url", "id", "version"))
    return Form(url, id, version or url.partition("|")[2], tuple(names), tuple(codes), fields, concepts)


def _leaves(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items that ask something, in their order; groups and displays ask nothing."""
    found, stack = [], objects_of(content.get("item"))[::-1]
    while stack:
        item = stack.pop()
        if text_of(item.get("type")) not in ("group", "display"):
            found.append(item)
        stack.extend(objects_of(item.get("item"))[::-1])
    return found


def _read_options(item: Mapping[str, Any], lists: Mapping[str, tuple[Concept, ...]]) -> tuple[Concept, ...]:
    """The answers of an item: listed with it, or in a value set (`option` and `options` are STU3)."""
    named = item.get("answerValueSet") or item.get("options")
    named = text_of(named.get("reference")) if isinstance(named, dict) else text_of(named)
    options = list(lists.get(named) or lists.get(named.split("|")[0], ()))
    for option in objects_of(item.get("answerOption")) + objects_of(item.get("option")):
        coding = option.get("valueCoding")
        if isinstance(coding, dict):
            weight = read_weight(option) or read_weight(coding)
            options.append(Concept(text_of(coding.get("code")), text_of(coding.get("display")), weight))
        elif words := _value(option):
            options.append(Concept("", words, read_weight(option)))
    return tuple(options)


def _read_lists(
    contents: Iterable[dict[str, Any]], *, inside: bool = False
) -> dict[str, tuple[Concept, ...]]:
    """The concepts of value sets by url, with and without version, by id, and as `#id` where contained."""
    contents = list(contents)
    systems = {
        text_of(one.get("url")): _read_concepts(one.get("concept"))
        for one in contents
        if one.get("resourceType") == "CodeSystem"
    }
    found: dict[str, tuple[Concept, ...]] = {}
    for one in contents:
        if one.get("resourceType") != "ValueSet":
            continue
        listed: list[Concept] = []
        for compose in objects_of(one.get("compose")):
            for include in objects_of(compose.get("include")):
                listed += _read_concepts(include.get("concept")) or systems.get(
                    text_of(include.get("system")), []
                )
        for expansion in objects_of(one.get("expansion")):
            listed += _read_concepts(expansion.get("contains"))
        id, url, version = (text_of(one.get(key)) for key in ("id", "url", "version"))
        keys = (url, f"{url}|{version}", f"ValueSet/{id}", f"#{id}" if inside else "")
        found |= dict.fromkeys((key for key in keys if key), tuple(listed))
    return found


def _read_concepts(listed: Any) -> list[Concept]:
    """The concepts of a list, with those below them."""
    found: list[Concept] = []
    for one in objects_of(listed):
        if code := text_of(one.get("code")):
            found.append(Concept(code, text_of(one.get("display")), read_weight(one)))
        found += _read_concepts(one.get("contains")) + _read_concepts(one.get("concept"))
    return found


def _value(holder: Mapping[str, Any]) -> str:
    """The plain value of an extension, property or option, of any type."""
    values = (text_of(value) for key, value in holder.items() if key.startswith("value"))
    return next((value for value in values if value), "")
